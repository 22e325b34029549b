//! The first screen: what it says, and that it fits.

mod fixture;

use nachweis_model::Lang;
use nachweis_report::{Style, terminal};
use unicode_width::UnicodeWidthStr;

#[test]
fn show() {
    let fixture = fixture::small();
    for (width, lang) in [(80, Lang::En), (160, Lang::En), (80, Lang::De)] {
        println!("{}", terminal(&fixture.report(), &Style { width, colour: false, lang }));
    }
    assert!("".width() == 0);
}
