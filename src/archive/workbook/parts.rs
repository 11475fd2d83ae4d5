//! The parts of a workbook as XML.

use std::fmt::Write as _;

use jiff::civil::DateTime;

use super::Column;

/// A sheet that ended.
#[derive(Debug)]
pub(super) struct Sheet {
    pub name: String,
    /// Its last cell, as the filter's range says it.
    pub last: String,
}

/// The style of headings, as a cell's attribute.
pub(super) const BOLD: &str = " s=\"1\"";

// Every `.xml` is a sheet unless it is said to be something else, so sheets need not be known when the workbook begins.
pub(super) const CONTENT_TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
<Default Extension=\"xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>\
<Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>\
<Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/>\
<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>\
</Types>";

pub(super) const RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>\
</Relationships>";

// Cells: plain, bold headings, times.
pub(super) const STYLES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
<numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"dd\\.mm\\.yyyy\\ hh:mm:ss\"/></numFmts>\
<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
<cellXfs count=\"3\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>\
<xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs>\
<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>";

/// A column's letters, counted from 0: A, Z, AA.
pub(super) fn letters(column: usize) -> String {
    let (mut left, mut letters) = (column + 1, Vec::new());
    while left > 0 {
        letters.push(b'A' + ((left - 1) % 26) as u8);
        left = (left - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

/// Writes text so that it stands for itself. What Excel would read as an escaped character (`_x000D_`) is no such thing here.
fn escape(out: &mut String, text: &str) {
    if !text.contains(['&', '<', '>', '"', '_', '\u{fffe}', '\u{ffff}']) {
        return out.push_str(text);
    }
    for (at, letter) in text.char_indices() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '_' if text[at..].starts_with("_x") => out.push_str("_x005F_"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
}

pub(super) fn begin_sheet(out: &mut String, columns: &[Column], first: bool) {
    let selected = if first { " tabSelected=\"1\"" } else { "" };
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetViews><sheetView{selected} \
         workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView>\
         </sheetViews>"
    );
    if !columns.is_empty() {
        out.push_str("<cols>");
        for (number, column) in (1..).zip(columns) {
            let width = column.width;
            let _ = write!(out, "<col min=\"{number}\" max=\"{number}\" width=\"{width}\" customWidth=\"1\"/>");
        }
        out.push_str("</cols>");
    }
    out.push_str("<sheetData>");
}

pub(super) fn end_sheet(out: &mut String, last: &str, rows: u32) {
    let _ = write!(out, "</sheetData><autoFilter ref=\"A1:{last}{rows}\"/></worksheet>");
}

pub(super) fn begin_row(out: &mut String, row: u32) {
    let _ = write!(out, "<row r=\"{row}\">");
}

pub(super) fn number(out: &mut String, letters: &str, row: u32, style: &str, number: i64) {
    let _ = write!(out, "<c r=\"{letters}{row}\"{style}><v>{number}</v></c>");
}

pub(super) fn time(out: &mut String, letters: &str, row: u32, serial: f64) {
    let _ = write!(out, "<c r=\"{letters}{row}\" s=\"2\"><v>{serial}</v></c>");
}

pub(super) fn text(out: &mut String, letters: &str, row: u32, style: &str, text: &str) {
    let _ = write!(out, "<c r=\"{letters}{row}\"{style} t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    escape(out, text);
    out.push_str("</t></is></c>");
}

/// The name of a sheet: at most 31 letters, none of those that Excel refuses, and unlike every other.
pub(super) fn name(title: &str, part: u32, others: &[Sheet]) -> String {
    let plain: String =
        title.chars().filter(|letter| !matches!(letter, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'')).collect();
    let mut number = part;
    loop {
        let end = if number == 1 { String::new() } else { format!(" {number}") };
        let name: String = plain.chars().take(31 - end.len()).chain(end.chars()).collect();
        if others.iter().all(|other| other.name != name) {
            return name;
        }
        number += 1;
    }
}

pub(super) fn sheet_relations(sheets: &[Sheet]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
                   <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
        .to_owned();
    const KIND: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    for number in 1..=sheets.len() {
        let _ = write!(
            out,
            "<Relationship Id=\"rId{number}\" Type=\"{KIND}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
    }
    let number = sheets.len() + 1;
    let _ =
        write!(out, "<Relationship Id=\"rId{number}\" Type=\"{KIND}/styles\" Target=\"styles.xml\"/></Relationships>");
    out
}

pub(super) fn workbook(sheets: &[Sheet]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
                   <workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
                   xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
                   <bookViews><workbookView/></bookViews><sheets>"
        .to_owned();
    for (number, sheet) in (1..).zip(sheets) {
        out.push_str("<sheet name=\"");
        escape(&mut out, &sheet.name);
        let _ = write!(out, "\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
    }
    out.push_str("</sheets><definedNames>");
    for (number, sheet) in sheets.iter().enumerate() {
        let _ = write!(out, "<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"{number}\" hidden=\"1\">'");
        escape(&mut out, &sheet.name);
        let _ = write!(out, "'!$A$1:{}</definedName>", sheet.last);
    }
    out.push_str("</definedNames></workbook>");
    out
}

pub(super) fn properties(created: DateTime) -> String {
    let created = created.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{created}</dcterms:created></cp:coreProperties>"
    )
}
