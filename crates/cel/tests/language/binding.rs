//! Binding of checks to the field trees of Kubernetes 1.36.

use nachweis_canon::{Json, Limits, parse};
use nachweis_cel::check::{BindingError, FieldType, Trees, Variable, check};
use nachweis_cel::{Env, Type, compile};

struct Kubernetes(Json<'static>);

fn open() -> Option<Kubernetes> {
    let path = crate::recorded::folder("../schemas/kubernetes-1.36.json")?;
    let text = std::fs::read_to_string(path).unwrap();
    Some(Kubernetes(parse(&text, &Limits::OURS).unwrap().value.into_owned()))
}

fn field_type(json: &Json<'_>) -> FieldType {
    if let Some(inner) = json.get("array") {
        return FieldType::Array(Box::new(field_type(inner)));
    }
    if let Some(inner) = json.get("map") {
        return FieldType::Map(Box::new(field_type(inner)));
    }
    if let Some(name) = json.text(&["ref"]) {
        return FieldType::Ref(name.into());
    }
    match json.as_str().unwrap() {
        "string" => FieldType::String,
        "integer" => FieldType::Integer,
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "int-or-string" => FieldType::IntOrString,
        "quantity" => FieldType::Quantity,
        "time" => FieldType::Time,
        "opaque" => FieldType::Opaque,
        other => panic!("{other}"),
    }
}

impl Trees for Kubernetes {
    fn field(&self, type_name: &str, field: &str) -> Option<FieldType> {
        self.0.at(&["types", type_name, "fields", field]).map(field_type)
    }

    fn fields(&self, type_name: &str) -> Vec<String> {
        let fields = self.0.at(&["types", type_name, "fields"]).and_then(Json::as_object);
        fields.map(|fields| fields.iter().map(|(name, _)| name.to_string()).collect()).unwrap_or_default()
    }
}

fn find(trees: &Kubernetes, source: &str) -> Vec<BindingError> {
    let kinds = trees.0.list(&["kinds"]);
    let of = |kind: &str| {
        let found =
            kinds.iter().find(|entry| entry.text(&["kind"]) == Some(kind) && entry.get("type").is_some());
        Variable::Json(FieldType::Ref(found.unwrap().text(&["type"]).unwrap().into()))
    };
    let env = Env::new(&["object", "deployment", "related", "asOf", "params"]);
    let program = compile(source, &env).unwrap_or_else(|errors| panic!("{source}: {errors:?}"));
    let variables =
        [("object", of("Pod")), ("deployment", of("Deployment")), ("asOf", Variable::Value(Type::Timestamp))];
    check(&program, &variables, trees)
}

#[test]
fn fields_that_exist_are_fine() {
    let Some(trees) = open() else { return };
    for source in [
        "object.spec.containers.all(c, has(c.securityContext) && c.securityContext.runAsNonRoot == true)",
        "object.spec.?initContainers.orValue([]).all(c, c.?image.orValue('').startsWith('a'))",
        "object.metadata.labels['app.kubernetes.io/name'] == 'x' || object.metadata.labels.anything == 'y'",
        "has(object.metadata.?annotations.anything)",
        "object['spec']['nodeName'] != ''",
        "deployment.spec.replicas >= 2 && deployment.spec.template.spec.containers.size() > 0",
        "quantity(object.spec.containers[0].resources.limits.cpu).isLessThan(quantity('1'))",
        "object.spec.containers.map(c, c.ports.map(p, p.containerPort))[0][0] < 1024",
        "asOf - timestamp(object.metadata.creationTimestamp) > duration('24h')",
        "object.spec.containers.exists(c, c.livenessProbe.httpGet.port == 80 || c.livenessProbe.httpGet.port == 'http')",
        "object.spec.securityContext == {} || object.spec.securityContext == null || object.spec.nodeName == null",
        "'runAsUser' in object.spec.securityContext && object.spec.securityContext.size() == 1",
        "has(object.spec.nodeName) ? object.spec.nodeName : deployment.spec.replicas",
        "object.spec.?priority.orValue('none') == 'none'",
        "[object.spec.nodeName, object.spec.hostname].exists(n, n == 'x')",
        "related.pods.exists(p, p.whatever.deep == 1) && params.anything",
        "dyn(object).nosuch == 1",
        "object.metadata.managedFields.all(f, f.fieldsV1.anything.deep == 1)",
        "object.spec.containers.all(i, c, i < 10 && c.name != '')",
        "object.spec.volumes.map(v, v.name).join(',').contains('x')",
        "object.spec.containers.sortBy(c, c.name)[0].image != ''",
        "object.spec.containers[?0].optMap(c, c.image).orValue('') != ''",
    ] {
        assert_eq!(find(&trees, source), [], "{source}");
    }
}

#[test]
fn fields_that_cannot_exist_are_found() {
    let Some(trees) = open() else { return };
    for (source, offset, suggestion) in [
        ("object.spec.container.all(c, true)", 11, "containers"),
        ("object.spec.containers.all(c, c.securityContxt.runAsNonRoot)", 31, "securityContext"),
        ("object.spec.containers.all(c, has(c.securitycontext))", 33, "securityContext"),
        ("has(object.spec.hostnetwork)", 3, "hostNetwork"),
        ("object.?spec.?hostNetwrk.orValue(false)", 12, "hostNetwork"),
        ("object['sepc'] != null", 6, "spec"),
        ("object.spec[?'nodename'].hasValue()", 11, "nodeName"),
        ("deployment.spec.template.spec.containers[0].imagePullPolcy == 'Always'", 43, "imagePullPolicy"),
        ("object.spec.containers.map(c, c.ports).exists(ps, ps.exists(p, p.hostport == 1))", 64, "hostPort"),
        ("object.spec.containers[?0].optMap(c, c.imag).orValue('') != ''", 38, "image"),
        ("object.spec.containers.filter(c, true)[0].nam == ''", 41, "name"),
    ] {
        let errors = find(&trees, source);
        assert_eq!(errors.len(), 1, "{source}: {errors:?}");
        assert_eq!((errors[0].offset, errors[0].line, errors[0].column), (offset, 1, offset + 1), "{source}");
        assert_eq!(
            errors[0].suggestions.first().map(String::as_str),
            Some(suggestion),
            "{source}: {errors:?}"
        );
    }
    let two = find(&trees, "object.spek == 1\n|| object.metadata.nam == 'x'");
    assert_eq!(two.iter().map(|error| (error.line, error.column)).collect::<Vec<_>>(), [(1, 7), (2, 19)]);
    assert_eq!(two[0].to_string(), "`Pod` has no field `spek` at line 1 column 7; did you mean `spec`?");
}

#[test]
fn operations_that_cannot_work_are_found() {
    let Some(trees) = open() else { return };
    for (source, offset) in [
        ("object.spec.nodeName == 1", 21),
        ("deployment.spec.replicas == '2'", 25),
        ("deployment.spec.replicas.size() > 1", 29),
        ("object.metadata.name.nosuch == 1", 20),
        ("object.spec.containers.name == 'x'", 22),
        ("object.spec.containers.image.startsWith('x')", 22),
        ("object.spec.hostNetwork == 'true'", 24),
        ("object.metadata.name + 1 == 2", 21),
        ("object.metadata.creationTimestamp < asOf", 34),
        ("object.metadata.name && true", 15),
        ("1 in object.spec.containers", 2),
        ("object.spec.containers.all(c, c.ports == 'x')", 38),
        ("object.spec.nodeName.all(x, true)", 11),
    ] {
        let errors = find(&trees, source);
        assert_eq!(errors.len(), 1, "{source}: {errors:?}");
        assert_eq!(errors[0].offset, offset, "{source}: {errors:?}");
    }
}
