//! Compressed layers: the same lines give the same bytes, and a hostile frame ends in a named problem.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::line;
use nachweis_canon::Digest;
use nachweis_oci::{
    BlobsMut, Code, Descriptor, FolderStore, LAYER_BYTES_MAX, LEVEL, LINE_BYTES_MAX, LayerReader,
    LayerWriter, MemoryStore, Problem, media,
};

fn write(store: &dyn BlobsMut, lines: &[String]) -> Descriptor {
    let mut layer = LayerWriter::create(store).unwrap();
    for line in lines {
        layer.write_line(line.as_bytes()).unwrap();
    }
    layer.finish(media::ITEMS).unwrap().0
}

fn read(store: &MemoryStore, descriptor: &Descriptor, max: u64) -> Result<usize, Problem> {
    let mut reader = LayerReader::open(store, descriptor, max)?;
    let mut count = 0;
    while reader.next_line()?.is_some() {
        count += 1;
    }
    assert_eq!(reader.next_line()?, None, "the end stays the end");
    Ok(count)
}

/// A layer with these compressed bytes.
fn forged(store: &MemoryStore, frame: &[u8]) -> Descriptor {
    store.put(media::ITEMS, frame).unwrap()
}

fn frame(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, LEVEL).unwrap()
}

#[test]
fn layers_may_move_between_threads() {
    fn movable<T: Send>() {}
    movable::<LayerWriter<'_>>();
    movable::<LayerReader<'_>>();
}

#[test]
fn the_same_lines_give_the_same_bytes() {
    let home = tempfile::tempdir().unwrap();
    let (memory, folder) = (MemoryStore::new(), FolderStore::create(home.path()).unwrap());
    for count in [0, 1, 2, 500, 20_000] {
        let lines: Vec<String> = (0..count).map(line).collect();
        let one = write(&memory, &lines);
        assert_eq!(write(&folder, &lines), one);
        assert_eq!(read(&memory, &one, LAYER_BYTES_MAX), Ok(count));
        assert!(one.annotations.is_empty(), "thousands of descriptors must stay small");
    }
}

/// The frame must not depend on how the content was cut into writes. Pinned: another zstd may compress otherwise,
/// and then the same snapshot would get another manifest digest; whoever updates zstd must know.
#[test]
fn golden_frame() {
    let store = MemoryStore::new();
    let lines: Vec<String> = (0..20_000).map(line).collect();
    let content: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let descriptor = write(&store, &lines);
    assert_eq!(Digest::of(&frame(content.as_bytes())), descriptor.digest);
    assert_eq!((descriptor.digest.short().as_str(), descriptor.size), ("c517833c34d3", 23_245));
}

#[test]
fn a_layer_that_is_too_big_is_not_read() {
    let store = MemoryStore::new();
    let lines = [line(1), line(2)];
    let bytes = lines.iter().map(|line| line.len() as u64 + 1).sum();
    let good = write(&store, &lines);
    assert_eq!(read(&store, &good, bytes), Ok(2));
    for max in [0, 1, lines[0].len() as u64, bytes - 1] {
        assert_eq!(read(&store, &good, max).unwrap_err().code, Code::LayerTooBig, "{max}");
    }
}

#[test]
fn hostile_frames_end_in_a_problem() {
    let store = MemoryStore::new();
    let code = |frame: &[u8]| {
        let descriptor = forged(&store, frame);
        let mut reader = LayerReader::open(&store, &descriptor, LAYER_BYTES_MAX).unwrap();
        let problem = loop {
            match reader.next_line() {
                Ok(line) => assert!(line.is_some(), "the frame passed"),
                Err(problem) => break problem,
            }
        };
        assert_eq!(problem.place, descriptor.digest.to_string());
        assert_eq!(reader.next_line(), Err(problem.clone()), "a failure stays a failure");
        problem.code
    };
    let good = frame(b"a\nb\n");
    assert_eq!(read(&store, &forged(&store, &good), 4), Ok(2));
    for cut in 0..good.len() {
        assert_eq!(code(&good[..cut]), Code::LayerMalformed, "{cut}");
    }
    assert_eq!(code(b"not zstd at all"), Code::LayerMalformed);
    // A second frame, a skippable frame, one more byte: other readers would see other lines.
    assert_eq!(code(&[&good[..], &frame(b"c\n")].concat()), Code::LayerMalformed);
    assert_eq!(code(&[&good[..], b"\x50\x2a\x4d\x18\x01\0\0\0x"].concat()), Code::LayerMalformed);
    assert_eq!(code(&[&good[..], b"x"].concat()), Code::LayerMalformed);
    assert_eq!(code(&frame(b"a\nb")), Code::LayerLine);
    assert_eq!(code(&frame(b"a\n\nb\n")), Code::LayerLine);
    // A bomb: 1 GiB of zeros in 32 KiB; it stops after as much as a line may have.
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(0), 1 << 30), LEVEL).unwrap();
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let problem = read(&store, &forged(&store, &bomb), LAYER_BYTES_MAX).unwrap_err();
    assert_eq!(problem.code, Code::LayerLine, "{problem}");
    assert!(problem.message.contains(&LINE_BYTES_MAX.to_string()), "{problem}");
}

#[test]
fn a_frame_that_asks_for_much_memory_is_refused() {
    let store = MemoryStore::new();
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL).unwrap();
    encoder.window_log(27).unwrap();
    std::io::Write::write_all(&mut encoder, b"a\n").unwrap();
    let wide = encoder.finish().unwrap();
    let problem = read(&store, &forged(&store, &wide), 2).unwrap_err();
    assert_eq!(problem.code, Code::LayerMalformed, "{problem}");
}

#[test]
fn a_changed_blob_is_told_as_such() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::create(home.path()).unwrap();
    let lines: Vec<String> = (0..5000).map(line).collect();
    let good = write(&store, &lines);
    let path = home.path().join("blobs/sha256").join(good.digest.hex());
    let bytes = std::fs::read(&path).unwrap();
    for at in [0, 5, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        std::fs::write(&path, changed).unwrap();
        let mut reader = LayerReader::open(&store, &good, LAYER_BYTES_MAX).unwrap();
        let problem = loop {
            match reader.next_line() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("byte {at} went unnoticed"),
                Err(problem) => break problem,
            }
        };
        assert_eq!(problem.place, good.digest.to_string());
    }
}
