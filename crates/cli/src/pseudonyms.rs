//! `--pseudonymise KEYFILE`: the key, and the same pseudonyms in the overlay, so that what it names is found.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;

use nachweis_model::catalogue::Overlay;
use nachweis_model::seal::Seal;
use nachweis_snapshot::{KEY_BYTES_MIN, Pseudonyms, Snapshot, pseudonyms_in};
use serde_json::Value;

use crate::args::InputArgs;
use crate::fail::Failure;
use crate::key::read_key;

/// Bytes of a key at most.
const KEY_BYTES_MAX: usize = 4096;
/// Different bytes in a key at least: a line of hexadecimal digits has some 16, a word repeated has few.
const DIFFERENT_MIN: usize = 10;
/// The parameter that names the prefix of users.
const PREFIX: &str = "identity_provider_prefix";

/// The key that the command line names. Users keep the prefix that the overlay names.
pub fn of(args: &InputArgs, overlay: &Overlay) -> Result<Option<Pseudonyms>, Failure> {
    let key = args.pseudonymise.as_deref().map(read).transpose()?;
    Ok(key.map(|key| key.keeping([prefix(overlay).to_string()])))
}

fn prefix(overlay: &Overlay) -> &str {
    overlay.params.get(PREFIX).and_then(Value::as_str).unwrap_or_default()
}

/// Reads the key of pseudonyms. Its bytes count as they lie there.
fn read(place: &Path) -> Result<Pseudonyms, Failure> {
    let bytes = read_key(place)?;
    let unusable = |why: String| {
        Failure::new("pseudonym-key", why)
            .at(place.display())
            .note("nothing was read")
            .help("make one with `nachweis key pseudonyms --out FILE`, and keep it: the same key gives the same pseudonyms")
            .usage()
    };
    if bytes.starts_with(b"-----BEGIN") {
        return Err(unusable("this is a key for signing, not for pseudonyms".into()));
    }
    let different: BTreeSet<u8> = bytes.iter().copied().collect();
    if bytes.len() > KEY_BYTES_MAX || different.len() < DIFFERENT_MIN {
        return Err(unusable(format!(
            "a key for pseudonyms has {KEY_BYTES_MIN} to {KEY_BYTES_MAX} random bytes, this file has {} of {} kinds",
            bytes.len(),
            different.len()
        )));
    }
    Pseudonyms::new(&bytes)
        .map_err(|_| unusable(format!("the key has {} bytes, fewer than {KEY_BYTES_MIN}", bytes.len())))
}

/// The overlay for a snapshot, with pseudonyms where it names people that the snapshot shows by pseudonyms.
/// An overlay with addresses, which would silently match nobody, is refused.
pub fn overlay(
    overlay: Overlay,
    snapshot: &Snapshot<'_>,
    key: Option<&Pseudonyms>,
) -> Result<Overlay, Failure> {
    if let Some(key) = key {
        known_key(snapshot.seal(), key)?;
    }
    let Some(sealed) = &snapshot.seal().pseudonyms else { return Ok(overlay) };
    let prefix = prefix(&overlay);
    if !Pseudonyms::keeps(prefix) && !sealed.prefixes.iter().any(|kept| kept == prefix) {
        return Err(unknown_prefix(prefix));
    }
    if overlay == Overlay::default() {
        return Ok(overlay);
    }
    let Some(key) = key else {
        return match named(&overlay) {
            None => Ok(overlay),
            Some(text) => Err(needs_key(&text, &sealed.key)),
        };
    };
    let present = people(snapshot)?;
    let damaged = |error: serde_json::Error| Failure::new("overlay-unusable", error.to_string());
    let mut value = serde_json::to_value(&overlay).map_err(damaged)?;
    // A parameter can hold the plain name of a user; elsewhere such a word can mean anything.
    walk(&mut value["params"], &mut |text| {
        let name =
            key.user(text).filter(|name| pseudonyms_in(name.as_bytes()).any(|one| present.contains(one)));
        key.text(text).or(name)
    });
    walk(&mut value, &mut |text| pattern(key, text).or_else(|| key.text(text)));
    serde_json::from_value(value).map_err(damaged)
}

/// A text of the overlay that decides about items and names people. Who answers for an exemption decides nothing.
fn named(overlay: &Overlay) -> Option<String> {
    let mut named = None;
    let mut look = |text: &str| {
        if named.is_none() && any_key().text(text).is_some() {
            named = Some(text.to_string());
        }
        None
    };
    overlay.exemptions.iter().flat_map(|exemption| &exemption.items).for_each(|item| drop(look(item)));
    overlay.params.values().for_each(|value| walk(&mut value.clone(), &mut look));
    for control in &overlay.controls {
        walk(&mut serde_json::to_value(control).unwrap_or_default(), &mut look);
    }
    named
}

fn needs_key(text: &str, key: &str) -> Failure {
    let message =
        format!("the overlay names people, `{text}`, and the snapshot has pseudonyms in their place");
    Failure::new("overlay-names-people", message)
        .note("what the overlay says of them would match nobody; nothing was assessed")
        .help(format!("give the key with the id {key} as `--pseudonymise KEYFILE`"))
        .usage()
}

/// Any key finds the same people; what this one makes is thrown away.
fn any_key() -> Pseudonyms {
    Pseudonyms::new(&[0; KEY_BYTES_MIN]).expect("the bytes are enough")
}

/// An error where a sealed snapshot has pseudonyms of another key, or none.
fn known_key(seal: &Seal, key: &Pseudonyms) -> Result<(), Failure> {
    let failure = match &seal.pseudonyms {
        Some(sealed) if sealed.key == key.key_id() => return Ok(()),
        Some(sealed) => Failure::new(
            "pseudonym-key-differs",
            format!("the snapshot has pseudonyms of the key {}, and {} was given", sealed.key, key.key_id()),
        )
        .help("give the key with which it was sealed"),
        None => Failure::new(
            "already-sealed",
            "`--pseudonymise` says how to read files, and this input is sealed with the names in it",
        )
        .help("seal the original input again with it"),
    };
    Err(failure.note("nothing was assessed").usage())
}

fn unknown_prefix(prefix: &str) -> Failure {
    Failure::new(
        "overlay-names-people",
        format!("the overlay gives `{prefix}` as the prefix of users, and the snapshot was sealed without knowing it"),
    )
    .note("pseudonyms stand in the place of whole names, prefix included; nothing was assessed")
    .help("assess the original input with this overlay and `--pseudonymise KEYFILE`")
    .usage()
}

/// The pseudonyms that the snapshot shows.
fn people(snapshot: &Snapshot<'_>) -> Result<BTreeSet<String>, Failure> {
    let mut people = BTreeSet::new();
    let mut visit = |item: nachweis_snapshot::Item<'_>| -> Result<(), Infallible> {
        for body in item.bodies {
            people.extend(pseudonyms_in(&body.canonical()).map(str::to_string));
        }
        Ok(())
    };
    snapshot
        .read(&|_, _| true, &mut visit)
        .map_err(|error| Failure::new("snapshot-read", error.to_string()))?;
    Ok(people)
}

/// The pattern of an exemption for an object that is called like a person.
fn pattern(key: &Pseudonyms, text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let [source, group, kind, namespace, name] = parts[..] else { return None };
    let name = key.name(group, kind, name).filter(|_| source == "kubernetes" && !name.ends_with('*'))?;
    Some([source, group, kind, namespace, &name].join("/"))
}

/// Passes every text of a value through a function.
fn walk(value: &mut Value, change: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(changed) = change(text) {
                *text = changed;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| walk(member, change)),
        _ => {}
    }
}
