//! The jobs of `docs/operating/pipeline.md` do what the page says: their own lines are run, in a folder as a runner
//! checks it out.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::run;
use nachweis_canon::Json;

const WORKLOAD: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: pay}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: r/c:1.2.3}]}
";

/// The jobs of the page: that of GitLab, that of GitHub.
fn jobs() -> [Json<'static>; 2] {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating/pipeline.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<Json<'static>> = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| {
            let text = rest.split("```").next().unwrap();
            let documents = nachweis_yaml::read(text.as_bytes(), &nachweis_yaml::Limits::default());
            let values: Vec<Json<'static>> =
                documents.map(|found| found.unwrap().value.into_owned()).collect();
            assert_eq!(values.len(), 1, "{text}");
            values.into_iter().next().unwrap()
        })
        .collect();
    blocks.try_into().unwrap()
}

fn lines(list: &[Json<'_>]) -> String {
    let lines = list.iter().filter_map(|line| line.as_str().or_else(|| line.text(&["run"])));
    lines.collect::<Vec<_>>().join("\n")
}

/// Both runners give the lines to bash, which ends with the first one that fails.
fn job(folder: &Path, script: &str) -> i32 {
    let program = Path::new(env!("CARGO_BIN_EXE_nachweis")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", program.display());
    let done = Command::new("bash")
        .args(["-eo", "pipefail", "-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&done.stderr));
    done.status.code().unwrap()
}

#[test]
fn the_jobs_fail_on_what_is_new_alone() {
    let [gitlab, github] = jobs();
    let gitlab_lines = lines(gitlab.list(&["evidence", "script"]));
    let github_lines = lines(github.list(&["evidence", "steps"]));
    for (script, files) in
        [(&gitlab_lines, &["nachweis.xml", "nachweis.sarif"][..]), (&github_lines, &["nachweis.sarif"])]
    {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        fs::create_dir(folder.join("manifests")).unwrap();
        fs::create_dir(folder.join("overlay")).unwrap();
        fs::write(folder.join("manifests/api.yaml"), WORKLOAD).unwrap();
        fs::write(folder.join("overlay/params.yaml"), "format: nachweis-params/1\nparams: {}\n").unwrap();
        let first =
            ["assess", "manifests/", "--cluster", "prod-eu-1", "--complete", "all", "--overlay", "overlay"];
        let accepted = run(folder, &[&first[..], &["--out", "accepted"]].concat());
        assert_eq!(accepted.code, 3, "{accepted:?}");

        assert_eq!(job(folder, script), 0, "nothing is new: {script}");
        let made = |name: &&str| fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 100);
        assert!(files.iter().all(made));

        for file in [files, &["bundle"]].concat() {
            let path = folder.join(file);
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        fs::write(folder.join("manifests/worse.yaml"), WORKLOAD.replace("api", "worse")).unwrap();
        assert_eq!(job(folder, script), 3, "a workload is new: {script}");
        assert!(files.iter().all(made), "the files that the service shows are there when the job fails");
        let sarif = fs::read_to_string(folder.join("nachweis.sarif")).unwrap();
        assert!(sarif.contains(r#""baselineState":"new""#));
    }
    // What the services are told to take is what the lines write.
    assert_eq!(gitlab.text(&["evidence", "artifacts", "reports", "junit"]), Some("nachweis.xml"));
    let upload =
        github.list(&["evidence", "steps"]).iter().find_map(|step| step.text(&["with", "sarif_file"]));
    assert_eq!(upload, Some("nachweis.sarif"));
}
