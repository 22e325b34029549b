//! `nachweis items`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use nachweis_canon::{Digest, Json};
use nachweis_evaluate::{Evidence, Item};
use nachweis_model::ItemId;
use nachweis_oci::select;
use nachweis_report::escape::{terminal, visible, visible_lines};
use nachweis_snapshot::{Proof, Snapshot};

use crate::args::Format;
use crate::fail::Failure;
use crate::output::{print, print_json};
use crate::store;

#[derive(Args)]
pub struct ItemsArgs {
    /// Folder or tar file of a snapshot or bundle
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// Only items of this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only items of this namespace; empty: cluster-scoped ones
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Show one item: its sealed body, and the proof that the seal holds it
    #[arg(long, value_name = "ID", conflicts_with_all = ["kind", "namespace"])]
    pub show: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Lists items, or shows one.
pub fn run(args: &ItemsArgs) -> Result<u8, Failure> {
    let store = store::open(&args.bundle)?;
    let selected = select(store.as_ref(), None)?;
    let snapshot = Snapshot::open(store.as_ref(), &selected.manifest)
        .map_err(|error| Failure::new("snapshot-unreadable", error.to_string()))?;
    match &args.show {
        Some(text) => show(args, &snapshot, text),
        None => list(args, &snapshot),
    }
}

fn read(snapshot: &Snapshot<'_>, visit: &mut dyn FnMut(&Item<'_>)) -> Result<(), Failure> {
    Evidence::read(snapshot, &|_, _| true, visit)
        .map_err(|error| Failure::new("snapshot-read", error.to_string()))
}

fn list(args: &ItemsArgs, snapshot: &Snapshot<'_>) -> Result<u8, Failure> {
    let mut rows: Vec<(u32, ItemId, usize)> = Vec::new();
    let wanted = |id: &ItemId| {
        args.kind.as_ref().is_none_or(|kind| id.kind.eq_ignore_ascii_case(kind))
            && args.namespace.as_ref().is_none_or(|namespace| id.namespace == *namespace)
    };
    read(snapshot, &mut |item| {
        if wanted(item.id) {
            rows.push((item.index, item.id.clone(), item.bodies.len()));
        }
    })?;
    if args.format == Format::Json {
        let list = rows.iter().map(|(index, id, bodies)| {
            Json::object([
                ("index", Json::Int(i64::from(*index))),
                ("id", Json::str(id.to_string())),
                ("bodies", Json::Int(i64::try_from(*bodies).unwrap_or(i64::MAX))),
            ])
        });
        print_json(&Json::object([("items", Json::Arr(list.collect()))]))?;
        return Ok(0);
    }
    let mut out = String::new();
    for (index, id, bodies) in &rows {
        let twice = if *bodies > 1 { "  (declared more than once, differently)" } else { "" };
        let _ = writeln!(out, "{index:>7}  {}{twice}", terminal(&id.to_string()));
    }
    let _ = writeln!(out, "{} of {} items", rows.len(), snapshot.seal().items);
    print(out.as_bytes())?;
    Ok(0)
}

fn show(args: &ItemsArgs, snapshot: &Snapshot<'_>, text: &str) -> Result<u8, Failure> {
    let (index, id) = crate::explain::find_item(snapshot, &args.bundle.display().to_string(), text)?;
    let proof = snapshot
        .prove(index)
        .map_err(|problem| Failure::new(problem.code, problem.message).at(problem.place))?;
    // The proof is checked as a stranger would: against the root of the seal, from the line alone.
    proof
        .check(snapshot.seal())
        .map_err(|problem| Failure::new(problem.code, problem.message).at(problem.place))?;
    let mut bodies: Vec<String> = Vec::new();
    let mut canonical: Vec<Json<'static>> = Vec::new();
    read(snapshot, &mut |item| {
        if item.index == index {
            bodies = item.bodies.iter().map(crate::explain::pretty).collect();
            canonical = item.bodies.iter().map(|body| body.clone().into_owned()).collect();
        }
    })?;
    match args.format {
        Format::Json => print_json(&json(snapshot, &id, &proof, canonical))?,
        Format::Text => print(page(snapshot, &id, &proof, &bodies).as_bytes())?,
    }
    Ok(0)
}

fn page(snapshot: &Snapshot<'_>, id: &ItemId, proof: &Proof, bodies: &[String]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "item      {}", visible(&id.to_string()));
    let _ = writeln!(out, "index     {} of {}", proof.index, snapshot.seal().items);
    let _ = writeln!(out, "snapshot  {}", snapshot.id());
    let _ = writeln!(out, "root      {}", snapshot.seal().root);
    let _ = writeln!(out, "leaf      {}", nachweis_canon::merkle::leaf(&proof.line));
    let _ = writeln!(
        out,
        "proof     {} siblings, lowest first; they lead from the leaf to the root",
        proof.path.len()
    );
    for digest in &proof.path {
        let _ = writeln!(out, "          {digest}");
    }
    for (at, body) in bodies.iter().enumerate() {
        let which = if bodies.len() > 1 { format!(" {} of {}", at + 1, bodies.len()) } else { String::new() };
        let _ = writeln!(out, "body{which}\n{}", visible_lines(body));
    }
    out
}

fn json(snapshot: &Snapshot<'_>, id: &ItemId, proof: &Proof, bodies: Vec<Json<'static>>) -> Json<'static> {
    let text = |digest: Digest| Json::str(digest.to_string());
    Json::object([
        ("id", Json::str(id.to_string())),
        ("snapshot", text(snapshot.id())),
        ("index", Json::Int(i64::from(proof.index))),
        ("items", Json::Int(i64::try_from(snapshot.seal().items).unwrap_or(i64::MAX))),
        ("root", text(snapshot.seal().root)),
        ("line", Json::str(String::from_utf8_lossy(&proof.line).into_owned())),
        ("proof", Json::Arr(proof.path.iter().map(|digest| text(*digest)).collect())),
        ("bodies", Json::Arr(bodies)),
    ])
}
