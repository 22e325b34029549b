//! Nanoseconds of one evaluation over a Pod, for three checks. Run with `cargo bench -p nachweis-cel`; a number
//! as argument sets the rounds, for profilers.

use std::hint::black_box;
use std::time::{Duration, Instant};

use nachweis_canon::{Limits, parse};
use nachweis_cel::{Env, Value, compile};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"api-7f9c","namespace":"payments","labels":
{"app":"api","app.kubernetes.io/name":"api","tier":"backend"},"creationTimestamp":"2026-01-02T03:04:05Z"},"spec":{
"containers":[{"name":"api","image":"registry.example.org/pay/api:1.4.2","ports":[{"containerPort":8443}],
"resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"250m","memory":"128Mi"}},"securityContext":
{"runAsNonRoot":true,"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true}},{"name":"proxy","image":
"registry.example.org/mesh/proxy@sha256:0f1e","securityContext":{"runAsNonRoot":true,"allowPrivilegeEscalation":false}}],
"nodeName":"n1","serviceAccountName":"api","volumes":[{"name":"tmp","emptyDir":{}}]},"status":{"phase":"Running"}}"#;

const CHECKS: [(&str, &str); 3] = [
    (
        "run as non-root",
        "object.spec.containers.all(c, has(c.securityContext) && c.securityContext.runAsNonRoot == true)",
    ),
    ("tagged images", "object.spec.containers.all(c, c.image.contains('@') || !c.image.endsWith(':latest'))"),
    (
        "memory limits",
        "object.spec.containers.filter(c, has(c.resources)).all(c, quantity(c.resources.limits.memory)\
         .compareTo(quantity('1Gi')) <= 0)",
    ),
];

fn main() {
    let pod = parse(POD, &Limits::OURS).expect("the pod is JSON").value;
    let rounds: u32 = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let env = Env::new(&["object"]);
    for (name, source) in CHECKS {
        let program = compile(source, &env).expect("the check compiles");
        let vars = [Value::from(&pod)];
        assert!(program.eval(&vars).expect("the check has a result").as_bool() == Some(true));
        let mut best = Duration::MAX;
        for _ in 0..7 {
            let start = Instant::now();
            for _ in 0..rounds {
                let _ = black_box(black_box(&program).eval(black_box(&vars)));
            }
            best = best.min(start.elapsed());
        }
        println!("{name}: {} ns", best.as_nanos() / u128::from(rounds));
    }
}
