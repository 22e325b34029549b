//! What people point at: files with objects, sealed and judged.

use nachweis_canon::Digest;
use nachweis_model::catalogue::Overlay;
use nachweis_snapshot::Pseudonyms;
use nachweis_testkit::{Entries, Kept, Options, catalogue, seal};

/// The first byte holds switches; then follow files, each a line with its path and its content, with a NUL byte between
/// two files. Whatever they hold is sealed, or refused as a whole; a seal opens, bears out what it says, is the same
/// the second time, and every control comes to a verdict.
pub fn intake(bytes: &[u8]) {
    let Some((switches, rest)) = bytes.split_first() else { return };
    let mut entries = Entries::default();
    for file in rest.split(|byte| *byte == 0) {
        let end = file.iter().position(|byte| *byte == b'\n').unwrap_or(file.len());
        let path = String::from_utf8_lossy(&file[..end]).into_owned();
        // As the collector gives them.
        let inside = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if inside {
            let content = file.get(end + 1..).unwrap_or_default();
            entries.files.push((path, content.into()));
        }
    }
    let mut options = Options::fixed();
    if switches & 1 != 0 {
        options = options.complete(&["all"]);
    }
    if switches & 2 != 0 {
        options.pseudonyms = Pseudonyms::new(&[7; 32]).ok();
    }
    let Ok(kept) = seal(&entries, &options) else { return };
    let (mut items, snapshot) = (0, kept.open());
    snapshot
        .read::<()>(&|_, _| true, &mut |_| {
            items += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(items, snapshot.seal().items, "the seal counts its items");
    assert_eq!(snapshot.check().len(), 0, "{:?}", snapshot.check());
    if items > 0 {
        let proof = snapshot.prove(0).unwrap();
        proof.check(snapshot.seal()).unwrap();
    }
    assert_eq!(id(&kept), id(&seal(&entries, &options).unwrap()), "the same files give the same seal");
    let assessment = kept.assess(&Overlay::default());
    assert_eq!(assessment.findings.len(), catalogue().controls.len(), "every control has a finding");
}

fn id(kept: &Kept) -> Digest {
    kept.open().id()
}
