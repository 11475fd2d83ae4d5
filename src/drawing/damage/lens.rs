//! Blur by weights along a row and down a column. It must need no copy of the page: a dozen rows are enough.

use crate::page::Page;

/// Weights fall off like a bell with this spread, in px; the tails beyond three spreads are cut.
fn bell(spread: f32) -> Vec<f32> {
    let reach = (spread * 3.0).ceil().max(1.0) as i32;
    let weights: Vec<f32> = (-reach..=reach).map(|at| (-0.5 * (at as f32 / spread).powi(2)).exp()).collect();
    let whole: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / whole).collect()
}

/// Blurs a page; `spread` in px, nothing happens below a tenth of one.
pub fn blurred(page: Page, spread: f32) -> Page {
    if spread < 0.1 {
        return page;
    }
    let weights = bell(spread);
    let reach = weights.len() / 2;
    let (height, across) = (page.height as usize, page.width as usize * page.channels());
    let soft = |y: usize| softened_row(&page.samples[y * across..(y + 1) * across], page.channels(), &weights);
    // Rows y - reach … y + reach, already blurred along; the page's first and last rows stand for those beyond it.
    let mut rows: std::collections::VecDeque<Vec<f32>> =
        (0..weights.len()).map(|at| soft(at.saturating_sub(reach).min(height - 1))).collect();
    let mut samples = Vec::with_capacity(page.samples.len());
    let mut sums = vec![0.0_f32; across];
    for y in 0..height {
        sums.fill(0.5);
        for (row, weight) in rows.iter().zip(&weights) {
            sums.iter_mut().zip(row).for_each(|(sum, sample)| *sum += sample * weight);
        }
        samples.extend(sums.iter().map(|&sum| sum as u8));
        rows.pop_front();
        rows.push_back(soft((y + reach + 1).min(height - 1)));
    }
    Page { samples, ..page }
}

fn softened_row(row: &[u8], channels: usize, weights: &[f32]) -> Vec<f32> {
    let reach = weights.len() / 2 * channels;
    let (first, last) = (&row[..channels], &row[row.len() - channels..]);
    let mut padded: Vec<f32> = Vec::with_capacity(row.len() + 2 * reach);
    padded.extend(first.iter().cycle().take(reach).map(|&sample| f32::from(sample)));
    padded.extend(row.iter().map(|&sample| f32::from(sample)));
    padded.extend(last.iter().cycle().take(reach).map(|&sample| f32::from(sample)));
    let mut sums = vec![0.0_f32; row.len()];
    for (at, weight) in weights.iter().enumerate() {
        let shifted = &padded[at * channels..at * channels + row.len()];
        sums.iter_mut().zip(shifted).for_each(|(sum, sample)| *sum += sample * weight);
    }
    sums
}

/// Averages along a straight way of `length` px, at an angle in radians.
pub fn dragged(page: Page, length: f32, angle: f32) -> Page {
    let steps = length.ceil().max(1.0) as i32;
    let (width, height, channels) = (page.width as i32, page.height as i32, page.channels());
    let way: Vec<(i32, i32)> = (0..=steps)
        .map(|step| {
            let along = length * (step as f32 / steps as f32 - 0.5);
            ((along * angle.cos()).round() as i32, (along * angle.sin()).round() as i32)
        })
        .collect();
    let across = page.width as usize * channels;
    let mut samples = Vec::with_capacity(page.samples.len());
    let mut sums = vec![0_u16; across];
    for y in 0..height {
        sums.fill(way.len() as u16 / 2);
        for &(right, down) in &way {
            let row = &page.samples[(y + down).clamp(0, height - 1) as usize * across..][..across];
            let (skipped, missing) =
                (right.clamp(0, width) as usize * channels, (-right).clamp(0, width) as usize * channels);
            // What would come from beyond the page is as the pixel itself.
            let (to, from) = (missing..across - skipped, skipped..across - missing);
            sums[to].iter_mut().zip(&row[from]).for_each(|(sum, &sample)| *sum += u16::from(sample));
            for at in (0..missing).chain(across - skipped..across) {
                sums[at] += u16::from(row[at]);
            }
        }
        samples.extend(sums.iter().map(|&sum| (sum / way.len() as u16) as u8));
    }
    Page { samples, ..page }
}
