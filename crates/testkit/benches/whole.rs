//! Where the time goes, from files to a report, on recorded clusters and on one of them many times over: CPU seconds of
//! one thread for each phase, peak memory, and both ends of the scale in the same run, `sha256sum` over the input and
//! `serde_json` over the sealed lines. Run with `cargo bench -p nachweis-testkit`; words select inputs (`moj`,
//! `harvester`, `scale`, `x14`, `x93`), and `write COPIES FOLDER` only writes the copies. Without the corpora it says so
//! and measures the example. Linux only: CPU time and memory come from /proc.
#![allow(clippy::unwrap_used, reason = "a panic is how a benchmark fails")]

use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nachweis_canon::{canonical_bytes, merkle};
use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_evaluate::{Inputs, assess};
use nachweis_model::catalogue::Overlay;
use nachweis_oci::{Cache, FolderStore, LayerWriter, MemoryStore, media};
use nachweis_snapshot::{FileSpool, Ingest, Item, Resources, Settings, Snapshot};
use nachweis_testkit::multiply::Template;
use nachweis_testkit::{Entries, catalogue, corpus, example};
use nachweis_yaml::{Limits, items, read};

const HARVESTER: &str = "clusters/harvester-rke2-v1.21-2022-03-22.tar.gz";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [word, copies, folder] = &words[..]
        && word == "write"
    {
        let path = corpus(HARVESTER).expect("the corpora are there");
        multiplied(&path, copies.parse().unwrap(), Path::new(folder));
        return;
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let home = tempfile::tempdir().unwrap();
    println!("CPU seconds of one thread; MB are millions of bytes");
    let recorded = [
        ("moj", "clusters/moj-live-2026-01-30.tar.gz"),
        ("harvester", HARVESTER),
        ("scale", "clusters/kwok-scale-15267-objects.json.zip"),
    ];
    for (name, path) in recorded {
        if let Some(path) = wanted(name).then(|| corpus(path)).flatten() {
            measure(name, &path);
        }
    }
    for (name, copies) in [("x14", 14), ("x93", 93)] {
        if let Some(path) = wanted(name).then(|| corpus(HARVESTER)).flatten() {
            measure(name, &multiplied(&path, copies, &home.path().join(name)));
        }
    }
    if corpus(HARVESTER).is_none() {
        measure("example", &example());
    }
}

/// Writes copies of a recorded cluster, one JSON list each.
fn multiplied(path: &Path, copies: usize, folder: &Path) -> PathBuf {
    fs::create_dir(folder).unwrap();
    let template = Template::of(&Entries::read(path));
    for number in 0..copies {
        fs::write(folder.join(format!("copy-{number:02}.json")), template.copy(number)).unwrap();
    }
    folder.into()
}

/// CPU seconds of this thread.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// Runs and gives the CPU seconds that it took.
fn timed<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = cpu();
    let result = run();
    (cpu() - start, result)
}

/// Forgets the peak of resident memory, so that the next one is that of what follows.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Peak of resident memory since then, in MB.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0 / 1e6
}

fn each_file(path: &Path, each: &mut dyn FnMut(&str, Vec<u8>)) {
    walk(&[Input::Path(path.into())], &ArchiveLimits::default(), &mut |event| {
        if let Event::Entry { path, bytes } = event {
            each(&path, bytes);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
}

/// CPU seconds of `sha256sum` over the files' bytes; the shell tells the time of its child.
fn sha256sum(path: &Path) -> f64 {
    let mut shell = Command::new("bash")
        .args(["-c", "sha256sum >/dev/null; times"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = shell.stdin.take().unwrap();
    each_file(path, &mut |_, bytes| input.write_all(&bytes).unwrap());
    drop(input);
    let said = String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap();
    let children = said.lines().nth(1).unwrap();
    let seconds = |text: &str| {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    children.split(' ').map(seconds).sum()
}

/// Reads every document of a file and drops it.
fn parse(bytes: &[u8]) {
    match items(bytes, &Limits::default()) {
        Some(Ok(wrapped)) => wrapped.items.for_each(drop),
        _ => read(bytes, &Limits::default()).for_each(drop),
    }
}

fn measure(name: &str, path: &Path) {
    let home = tempfile::tempdir().unwrap();
    let mut bytes = 0;
    let (reading, ()) = timed(|| each_file(path, &mut |_, file| bytes += file.len()));
    let (parsing, ()) = timed(|| each_file(path, &mut |_, file| parse(&file)));
    let summing = sha256sum(path);

    forget_peak();
    let folder = FolderStore::create(home.path()).unwrap().draft();
    let store = Cache::new(&folder);
    let (sealing, sealed) = timed(|| {
        let at = "2026-11-24T06:00:00Z".parse().unwrap();
        let settings = Settings { at: Some(at), ..Settings::new(at, "nachweis-bench 0") };
        let spool = FileSpool::new(tempfile::tempfile().unwrap());
        let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
        each_file(path, &mut |path, bytes| ingest.entry(path, bytes));
        ingest.finish(&store).unwrap()
    });
    let snapshot = Snapshot::open(&store, &sealed.manifest()).unwrap();
    let as_of = snapshot.seal().collected_to;
    let overlay = Overlay::default();
    let inputs = Inputs { evidence: &snapshot, catalogue: catalogue(), overlay: &overlay, packs: &[], as_of };
    let (judging, assessment) = timed(|| assess(&inputs).unwrap());
    let peak = peak();
    let (writing, document) = timed(|| canonical_bytes(&assessment));

    let again = Snapshot::open(&store, &sealed.manifest()).unwrap();
    let lines = |each: &mut dyn FnMut(&[u8])| {
        let fresh = Snapshot::open(&store, &sealed.manifest()).unwrap();
        fresh
            .read::<()>(&|_, _| true, &mut |item: Item<'_>| {
                each(item.line);
                Ok(())
            })
            .unwrap();
    };
    let (walking, ()) = timed(|| again.read::<()>(&|_, _| false, &mut |_| Ok(())).unwrap());
    let mut line_bytes = 0;
    let (held, ()) = timed(|| lines(&mut |line| line_bytes += line.len()));
    let (serde, ()) = timed(|| {
        lines(&mut |line| {
            drop(std::hint::black_box(serde_json::from_slice::<serde_json::Value>(line).unwrap()))
        });
    });
    let memory = MemoryStore::new();
    let mut layer = Some(LayerWriter::create(&memory).unwrap());
    let mut tree = merkle::Builder::new();
    let (packing, ()) = timed(|| {
        lines(&mut |line| {
            tree.push(merkle::leaf(line));
            layer.as_mut().unwrap().write_line(line).unwrap();
        });
        layer.take().unwrap().finish(media::ITEMS).unwrap();
    });
    let (serde, packing) = (serde - held, packing - held);
    let total = sealing + judging + writing;
    let count = snapshot.seal().items;
    println!("\n{name}: {count} items, {:.1} MB of files, {:.1} MB of lines", mega(bytes), mega(line_bytes));
    for (phase, seconds) in [
        ("read, decompress", reading),
        ("parse", parsing - reading),
        ("normalise, withhold, sort", sealing - parsing - packing),
        ("hash, compress", packing),
        ("read back, check", walking),
        ("evaluate", judging - walking),
        ("write the assessment", writing),
    ] {
        println!("  {phase:<26} {seconds:>7.3} s");
    }
    println!(
        "  {:<26} {total:>7.3} s  {:.1} us an item, peak {peak:.0} MB",
        "all",
        total * 1e6 / count as f64
    );
    println!(
        "  {:<26} {summing:>7.3} s  all of it is {:.1} times as much",
        "sha256sum of the files",
        total / summing
    );
    println!(
        "  {:<26} {serde:>7.3} s  all of it is {:.1} times as much",
        "serde_json of the lines",
        total / serde
    );
    println!("  assessment {:.2} MB, {} layers", mega(document.len()), sealed.layers.len() - 1);
}

fn mega(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
