//! `info.json`: what a viewer is told of a page before it asks for parts of it (IIIF Image API 3.0, part 5).

use serde::Serialize;

use super::request::MAX_AREA;

/// The context that names the specification.
pub const CONTEXT: &str = "http://iiif.io/api/image/3/context.json";
/// What we fulfil of it.
pub const PROFILE: &str = "http://iiif.io/api/image/3/level2.json";
/// Pixels of a tile's side.
const TILE: u32 = 512;
/// The whole page is offered in sizes down to this side.
const SMALLEST: u32 = 128;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    id: &'a str,
    r#type: &'static str,
    protocol: &'static str,
    profile: &'static str,
    width: u32,
    height: u32,
    max_area: u64,
    sizes: Vec<Size>,
    tiles: [Tiles; 1],
    extra_qualities: [&'static str; 3],
    extra_features: [&'static str; 3],
}

#[derive(Serialize)]
struct Size {
    width: u32,
    height: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tiles {
    width: u32,
    scale_factors: Vec<u32>,
}

/// The text of a page of `width` by `height` pixels whose pictures lie below `id`.
pub fn text(id: &str, width: u32, height: u32) -> String {
    let halves = |factor: &u32| width.max(height).div_ceil(*factor) > SMALLEST;
    let factors: Vec<u32> =
        (0..16).map(|power| 1 << power).take_while(|factor| *factor == 1 || halves(factor)).collect();
    let size = |factor: &u32| Size { width: width.div_ceil(*factor), height: height.div_ceil(*factor) };
    let fits = |size: &Size| u64::from(size.width) * u64::from(size.height) <= MAX_AREA;
    let info = Info {
        context: CONTEXT,
        id,
        r#type: "ImageService3",
        protocol: "http://iiif.io/api/image",
        profile: "level2",
        width,
        height,
        max_area: MAX_AREA,
        sizes: factors.iter().rev().map(size).filter(fits).collect(),
        tiles: [Tiles { width: TILE, scale_factors: factors }],
        extra_qualities: ["color", "gray", "bitonal"],
        extra_features: ["mirroring", "profileLinkHeader", "regionSquare"],
    };
    serde_json::to_string_pretty(&info).expect("text keys and plain values") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_offered_in_halves_and_in_tiles() {
        let info: serde_json::Value = serde_json::from_str(&text("https://a.example/goruntu/x", 2480, 3508)).unwrap();
        assert_eq!(info["tiles"][0]["scaleFactors"], serde_json::json!([1, 2, 4, 8, 16]));
        assert_eq!(info["sizes"][0], serde_json::json!({ "width": 155, "height": 220 }));
        assert_eq!(info["sizes"].as_array().unwrap().len(), 5);
        let small: serde_json::Value = serde_json::from_str(&text("x", 1, 1)).unwrap();
        assert_eq!(small["tiles"][0]["scaleFactors"], serde_json::json!([1]));
    }
}
