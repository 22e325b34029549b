//! The report as one self-contained HTML file.

mod page;

use nachweis_model::Lang;

use crate::Report;
use crate::view::View;
use page::Page;

/// The report as one HTML file without any outside reference.
pub fn html(report: &Report<'_>, lang: Lang) -> String {
    let view = View::new(report, lang);
    let mut page = Page::default();
    page.el("h1", &[], |p| p.text(&view.cluster()));
    page.out
}
