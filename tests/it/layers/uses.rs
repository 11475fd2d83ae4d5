//! Which file uses which: every path followed through modules, `use` lines and re-exports to the file where it ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::paths::{Module, read};

/// The crates of this repository: what other crates call them, and where each begins.
const CRATES: [(&str, &str); 4] = [
    ("tutanak", "src/lib.rs"),
    ("tutanak_drawing", "src/drawing/lib.rs"),
    ("tutanak_ftp", "ftp/src/lib.rs"),
    ("tutanak_reading", "src/reading/lib.rs"),
];

/// Re-exports of re-exports that are followed.
const DEEP: usize = 16;

/// The path of a module, its crate's name first.
pub type ModulePath = Vec<String>;

/// One module's file using another's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Who uses: the module that is a file.
    pub from: ModulePath,
    /// What: the module that is a file, or the crate alone for one of its macros.
    pub to: ModulePath,
    /// The path as it is written.
    pub written: String,
}

struct Source {
    /// The module whose file it stands in, which is itself unless it is an inline one.
    file: ModulePath,
    module: Module,
}

/// All modules of all crates.
pub struct House {
    modules: BTreeMap<ModulePath, Source>,
    files: Vec<PathBuf>,
}

impl House {
    /// Reads every file from the crates' beginnings on.
    pub fn read(root: &Path) -> Self {
        let mut house = Self { modules: BTreeMap::new(), files: Vec::new() };
        for (name, start) in CRATES {
            let start = root.join(start);
            let folder = start.parent().expect("a crate has a folder").to_owned();
            house.add_file(vec![name.to_owned()], &start, &folder);
        }
        house.files.sort();
        house
    }

    fn add_file(&mut self, path: ModulePath, file: &Path, folder: &Path) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.files.push(file.to_owned());
        self.add(path.clone(), path, read(&text), folder);
    }

    fn add(&mut self, path: ModulePath, file: ModulePath, mut module: Module, folder: &Path) {
        for inner in std::mem::take(&mut module.modules) {
            let name = inner.inline.last().expect("an inline module has a name").clone();
            self.add([&path[..], std::slice::from_ref(&name)].concat(), file.clone(), inner, &folder.join(name));
        }
        for name in &module.files {
            let below: PathBuf = folder.join(name);
            self.add_file([&path[..], std::slice::from_ref(name)].concat(), &below.with_extension("rs"), &below);
        }
        self.modules.insert(path, Source { file, module });
    }

    /// The files that were read, sorted.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Every use of one file by another, once for each way it is written.
    pub fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for (path, known) in &self.modules {
            for written in &known.module.paths {
                let Some(to) = self.follow(path, written, DEEP) else { continue };
                let to = self.modules[&to].file.clone();
                if to != known.file {
                    uses.push(Use { from: known.file.clone(), to, written: written.join("::") });
                }
            }
        }
        uses.sort();
        uses.dedup();
        uses
    }

    /// The module where a path ends that is named in `scope`; none where it leads to a crate of others.
    fn follow(&self, scope: &[String], written: &[String], deep: usize) -> Option<ModulePath> {
        let deep = deep.checked_sub(1)?;
        let mut here = scope.to_vec();
        let mut rest = written;
        match rest.first()?.as_str() {
            "crate" => {
                here.truncate(1);
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    here.pop();
                    rest = &rest[1..];
                }
            }
            first if !self.binds(&here, first) => {
                let other = vec![first.to_owned()];
                if !self.modules.contains_key(&other) {
                    return None;
                }
                (here, rest) = (other, &rest[1..]);
            }
            _ => {}
        }
        while let Some((name, after)) = rest.split_first() {
            let below = [&here[..], std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&below) {
                (here, rest) = (below, after);
                continue;
            }
            let module = &self.modules[&here].module;
            if let Some((_, bound)) = module.bindings.iter().find(|(bound, path)| bound == name && path != written) {
                return self.follow(&here, &[bound, after].concat(), deep);
            }
            let mut through = module.globs.iter().filter_map(|glob| self.follow(&here, glob, deep));
            let found = through.find(|module| *module != here && self.binds(module, name));
            match found {
                Some(module) => here = module,
                None => break,
            }
        }
        Some(here)
    }

    /// Whether a name that is not an item of its own is known in a module.
    fn binds(&self, module: &[String], name: &str) -> bool {
        let below = [module, &[name.to_owned()]].concat();
        self.modules.contains_key(&below) || self.modules[module].module.bindings.iter().any(|(bound, _)| bound == name)
    }
}
