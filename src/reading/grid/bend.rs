//! Paper that is creased, curled or was fed unevenly: the grid is laid on a mesh whose nodes move, coarse first and then
//! finer, to where known modules agree and unknown ones are clearest. It must never let neighbours part: a mesh that may
//! tear picks whatever shade it likes.

use super::template::Template;
use crate::contrast::Contrast;
use crate::geometry::Point;

/// Modules between two nodes, in the order in which the mesh is made finer.
const SPACINGS: [usize; 3] = [10, 5, 3];
/// The first step of each mesh, in modules, and how many times it is halved.
const STEPS: [f32; 3] = [0.8, 0.4, 0.3];
const HALVINGS: usize = 3;
/// Times that all nodes are moved by one length of step.
const SWEEPS: usize = 3;
/// What one module of difference between two neighbouring nodes costs, squared, in contrast of one module.
const STIFFNESS: f32 = 450.0;
/// What a module whose shade is known counts more than one that need only be clear.
const KNOWN: f32 = 2.0;

/// The middles of all modules, moved. `middles` and the template have the same size.
pub(crate) fn bend(contrast: &Contrast, middles: &[Point], template: &Template, module: f32) -> Vec<Point> {
    let known = known_shades(template);
    let mut moved = middles.to_vec();
    for (spacing, step) in SPACINGS.into_iter().zip(STEPS) {
        let mut mesh = Mesh::over(template.size, spacing);
        let ground = Ground { contrast, middles: &moved, known: &known, module };
        let mut step = step;
        for _ in 0..HALVINGS {
            for _ in 0..SWEEPS {
                if !mesh.relax(&ground, step) {
                    break;
                }
            }
            step /= 2.0;
        }
        let size = template.size;
        moved = (0..moved.len()).map(|at| mesh.moved(&ground, at % size, at / size)).collect();
    }
    moved
}

/// 1 dark, -1 light, 0 unknown.
fn known_shades(template: &Template) -> Vec<i8> {
    let size = template.size;
    let mut known = vec![0; size * size];
    for mark in &template.marks {
        let [x, y] = mark.at.map(|at| (at * (size as f32 - 7.0) + 3.0).round() as usize);
        known[y * size + x] = if mark.weight > 0.0 { 1 } else { -1 };
    }
    known
}

/// What the mesh lies on.
struct Ground<'a> {
    contrast: &'a Contrast,
    middles: &'a [Point],
    known: &'a [i8],
    /// Size of a module in pixels.
    module: f32,
}

/// Nodes over the modules, each moved by so many modules.
struct Mesh {
    /// Modules of a side.
    size: usize,
    spacing: usize,
    /// Nodes of a side.
    nodes: usize,
    moves: Vec<Point>,
    /// For each column, and each row: the nodes on both sides of it, and how far it is from the first to the second.
    between: Vec<([usize; 2], f32)>,
}

impl Mesh {
    fn over(size: usize, spacing: usize) -> Self {
        let nodes = (size - 1).div_ceil(spacing) + 1;
        let between = (0..size).map(|at| {
            let node = at / spacing;
            ([node, (node + 1).min(nodes - 1)], (at % spacing) as f32 / spacing as f32)
        });
        Self { size, spacing, nodes, moves: vec![[0.0; 2]; nodes * nodes], between: between.collect() }
    }

    /// Moves every node by one step in the direction that is worth most. False when none moved.
    fn relax(&mut self, ground: &Ground<'_>, step: f32) -> bool {
        let mut any = false;
        for node in 0..self.moves.len() {
            let old = self.moves[node];
            let mut best = (self.worth(ground, node), old);
            for [x, y] in [[step, 0.0], [-step, 0.0], [0.0, step], [0.0, -step]] {
                self.moves[node] = [old[0] + x, old[1] + y];
                let worth = self.worth(ground, node);
                if worth > best.0 + 1e-3 {
                    best = (worth, self.moves[node]);
                }
            }
            self.moves[node] = best.1;
            any |= best.1 != old;
        }
        any
    }

    /// What the modules around a node are worth as they lie, less what its neighbours' distance costs.
    fn worth(&self, ground: &Ground<'_>, node: usize) -> f32 {
        let (column, row) = (node % self.nodes, node / self.nodes);
        let near = |at: usize| {
            let middle = at * self.spacing;
            (middle + 1).saturating_sub(self.spacing)..(middle + self.spacing).min(self.size)
        };
        let mut sum = 0.0;
        for y in near(row) {
            for x in near(column) {
                let at = y * self.size + x;
                let value = ground.contrast.at(self.moved(ground, x, y));
                sum += match ground.known[at] {
                    0 => value.abs(),
                    shade => KNOWN * f32::from(shade) * value,
                };
            }
        }
        let own = self.moves[node];
        let mut apart = 0.0;
        let mut compare = |there: bool, other: usize| {
            if there {
                let [x, y] = self.moves[other];
                apart += (x - own[0]).powi(2) + (y - own[1]).powi(2);
            }
        };
        compare(column > 0, node.wrapping_sub(1));
        compare(column + 1 < self.nodes, node + 1);
        compare(row > 0, node.wrapping_sub(self.nodes));
        compare(row + 1 < self.nodes, node + self.nodes);
        sum - STIFFNESS * apart
    }

    /// Where a module lies, moved as the four nodes around it are.
    #[inline]
    fn moved(&self, ground: &Ground<'_>, x: usize, y: usize) -> Point {
        let ([left, right], across) = self.between[x];
        let ([top, bottom], down) = self.between[y];
        let node = |x: usize, y: usize| self.moves[y * self.nodes + x];
        let (a, b, c, d) = (node(left, top), node(right, top), node(left, bottom), node(right, bottom));
        let middle = ground.middles[y * self.size + x];
        let mix = |axis: usize| {
            let upper = a[axis] * (1.0 - across) + b[axis] * across;
            let lower = c[axis] * (1.0 - across) + d[axis] * across;
            middle[axis] + ground.module * (upper * (1.0 - down) + lower * down)
        };
        [mix(0), mix(1)]
    }
}
