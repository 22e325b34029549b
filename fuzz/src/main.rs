//! libFuzzer around the targets of `nachweis-hostile`. NACHWEIS_TARGET names the one to run.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("NACHWEIS_TARGET").expect("NACHWEIS_TARGET names a target");
    nachweis_hostile::target(&name).unwrap_or_else(|| panic!("there is no target `{name}`"))
});

fuzz_target!(|bytes: &[u8]| (*TARGET)(bytes));
