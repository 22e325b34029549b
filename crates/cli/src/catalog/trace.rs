//! `nachweis catalog trace`

use std::fmt::Write as _;

use nachweis_canon::Json;
use nachweis_catalog::nearest;
use nachweis_model::catalogue::{Catalogue, CrosswalkRow, Provision};
use nachweis_report::escape::visible;
use nachweis_report::words;

use super::{TraceArgs, source};
use crate::args::Format;
use crate::fail::Failure;
use crate::output::{print, print_json};

/// From an obligation to controls and other frameworks.
pub fn run(args: &TraceArgs) -> Result<u8, Failure> {
    let mut catalogue = source::release()?;
    if let Some(dir) = &args.dir {
        let own = source::catalogue(Some(dir))?;
        catalogue.controls.retain(|control| own.control(&control.id).is_none());
        catalogue.controls.extend(own.controls);
        catalogue.controls.sort_by(|a, b| a.id.cmp(&b.id));
    }
    let provision = find(&catalogue, &args.id)?;
    match args.format {
        Format::Json => print_json(&json(&catalogue, provision))?,
        Format::Text => print(text(args, &catalogue, provision).as_bytes())?,
    }
    Ok(0)
}

/// The provision with an id, or a failure that names the one that was probably meant.
pub fn find<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Provision, Failure> {
    catalogue.provision(id).ok_or_else(|| {
        let near = nearest(id, catalogue.provisions.iter().map(|provision| provision.id.as_str()));
        let help = near.map_or_else(
            || "`nachweis catalog coverage` shows all obligations".to_string(),
            |near| format!("did you mean `{near}`?"),
        );
        Failure::new("obligation-unknown", format!("there is no obligation `{id}`")).help(help).usage()
    })
}

/// `DORA Art. 9(4)(b)`.
pub fn citation(catalogue: &Catalogue, provision: &Provision, lang: nachweis_model::Lang) -> String {
    let act = catalogue.acts.iter().find(|act| act.id == provision.act);
    let cite = act.map_or(provision.act.as_str(), |act| act.cite.in_lang(lang));
    format!("{} {}", visible(cite), visible(&provision.citation()))
}

fn rows<'c>(catalogue: &'c Catalogue, provision: &Provision) -> Vec<&'c CrosswalkRow> {
    catalogue.crosswalk.iter().filter(|row| row.refs.contains(&provision.id)).collect()
}

fn text(args: &TraceArgs, catalogue: &Catalogue, provision: &Provision) -> String {
    let lang = args.lang;
    let de = lang == nachweis_model::Lang::De;
    let mut out = String::new();
    let _ =
        writeln!(out, "{}  {}", citation(catalogue, provision, lang), visible(provision.title.in_lang(lang)));
    let _ = writeln!(out, "  {}", visible(provision.duty.in_lang(lang)));
    let _ = writeln!(out, "  {}", words::class(lang, provision.class));
    let linked = catalogue
        .controls
        .iter()
        .flat_map(|control| control.obligations.iter().map(move |link| (control, link)));
    let linked: Vec<_> = linked.filter(|(_, link)| link.id == provision.id).collect();
    let _ = writeln!(out, "\n{}", if de { "Kontrollen" } else { "controls" });
    for (control, link) in &linked {
        let relation = words::relationship(lang, link.relationship);
        let _ = writeln!(out, "  {}  {}", visible(&control.id), visible(control.title.in_lang(lang)));
        let _ = writeln!(out, "    {relation}: {}", visible(link.rationale.in_lang(lang)));
    }
    if linked.is_empty() {
        let _ = writeln!(out, "  {}", if de { "keine" } else { "none" });
    }
    let _ = writeln!(
        out,
        "\n{}",
        if de {
            "andere Rahmenwerke (unser Urteil, keine amtliche Zuordnung)"
        } else {
            "other frameworks (our judgement, no official equivalence)"
        }
    );
    let rows = rows(catalogue, provision);
    for row in &rows {
        let _ = writeln!(out, "  {}", visible(row.title.in_lang(lang)));
        for (framework, ids) in &row.frameworks {
            let _ = writeln!(out, "    {:16} {}", visible(framework), visible(&ids.join(", ")));
        }
    }
    if rows.is_empty() {
        let _ = writeln!(out, "  {}", if de { "keine" } else { "none" });
    }
    out
}

fn json(catalogue: &Catalogue, provision: &Provision) -> Json<'static> {
    let controls = catalogue
        .controls
        .iter()
        .filter(|control| control.obligations.iter().any(|link| link.id == provision.id));
    let frameworks = rows(catalogue, provision).into_iter().flat_map(|row| {
        row.frameworks.iter().map(move |(name, ids)| {
            let ids = ids.iter().map(|id| Json::str(id.clone())).collect();
            Json::object([
                ("row", Json::str(row.id.clone())),
                ("framework", Json::str(name.clone())),
                ("ids", Json::Arr(ids)),
            ])
        })
    });
    Json::object([
        ("id", Json::str(provision.id.clone())),
        ("class", Json::str(provision.class.as_str())),
        ("controls", Json::Arr(controls.map(|control| Json::str(control.id.clone())).collect())),
        ("frameworks", Json::Arr(frameworks.collect())),
    ])
}
