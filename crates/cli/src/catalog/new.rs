//! `nachweis catalog new`

use std::path::Path;

use super::{NewArgs, source, trace};
use crate::fail::Failure;
use crate::output::print;

const CONTROL: &str = include_str!("template/control.yaml");
const COLLECTIONS: &str = include_str!("template/collections.json");
const OPEN: &str = include_str!("template/collections-open.json");
const LABELLED: &str = include_str!("template/labelled.yaml");
const BARE: &str = include_str!("template/bare.yaml");

/// Writes a control that passes lint and its three cases, for the author to change.
pub fn run(args: &NewArgs) -> Result<u8, Failure> {
    let id = &args.id;
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !id.split('-').all(part) || !id.starts_with(|first: char| first.is_ascii_lowercase()) || id.len() > 63
    {
        return Err(Failure::new("control-id", format!("`{id}` is no id of a control"))
            .help("write small letters, digits and single hyphens, such as `resource-limits`")
            .usage());
    }
    trace::find(&source::release()?, &args.obligation)?;
    let folder = args.dir.join(id);
    if folder.exists() {
        return Err(Failure::new("output-occupied", "something stands where the control should go")
            .at(folder.display())
            .help("choose another id, or another `--dir`"));
    }
    let control = CONTROL.replace("CONTROL-ID", id).replace("OBLIGATION-ID", &args.obligation);
    let write = |name: &str, content: &str| write(&folder.join(name), content);
    write("control.yaml", &control)?;
    let not = "verdict: not-satisfied\ncovered: 1\ntotal: 2\nreasons: {no-owner: 1}\n";
    // One of two is not enough: a case with one object could not tell the threshold.
    let second = LABELLED.replace("name: api\n", "name: web\n").replace("-000000000001", "-000000000002");
    let (both, two) = (format!("{BARE}---\n{second}"), COLLECTIONS.replace("\"count\": 1", "\"count\": 2"));
    for (case, expected, objects, index) in [
        ("satisfied", "verdict: satisfied\ncovered: 1\ntotal: 1\nreasons: {}\n", LABELLED, COLLECTIONS),
        ("not-satisfied", not, both.as_str(), two.as_str()),
        ("evidence-missing", "verdict: indeterminate\ncovered: 1\ntotal: 1\n", LABELLED, OPEN),
    ] {
        write(&format!("cases/{case}/expected.yaml"), expected)?;
        write(&format!("cases/{case}/input/deployments.yaml"), objects)?;
        write(&format!("cases/{case}/input/collections.json"), index)?;
    }
    let shown = folder.display();
    print(
        format!(
            "control    {shown}/control.yaml\ncases      {shown}/cases\ncheck it   nachweis catalog test {shown} --watch\n"
        )
        .as_bytes(),
    )?;
    Ok(0)
}

fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|error| Failure::new("file-write", format!("cannot write: {error}")).at(path.display()))
}
