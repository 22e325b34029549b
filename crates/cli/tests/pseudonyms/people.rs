//! People in odd places, each under a name of its own.

use serde_json::{Value, json};

/// Where somebody stands, what may be seen nowhere, and the object.
pub struct Person {
    pub place: &'static str,
    /// texts that are the person's own, of which none may leave the program
    pub names: Vec<String>,
    pub object: Value,
}

/// A first and a last name that nobody else has, made of letters that make no other word.
fn name(at: usize) -> (String, String) {
    let syllable = |n: usize| ["qua", "zor", "vix", "kel", "wum", "jep", "tyx", "bro", "fyn", "gad"][n % 10];
    let word = |a, b, c| format!("{}{}{}", syllable(a), syllable(b), syllable(c));
    (word(at, at / 10 + 3, 7), word(at + 1, at / 10, 2))
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

fn object(api: &str, kind: &str, at: usize, more: Value) -> Value {
    let mut out = json!({"apiVersion": api, "kind": kind, "metadata": {"name": format!("person-at-{at}"), "namespace": "planted"}});
    for (key, value) in more.as_object().unwrap() {
        match (key.as_str(), value) {
            ("metadata", Value::Object(more)) => {
                more.iter().for_each(|(k, v)| out["metadata"][k] = v.clone());
            }
            _ => out[key] = value.clone(),
        }
    }
    out
}

fn rbac(kind: &str, at: usize, subject: Value) -> Value {
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"});
    object("rbac.authorization.k8s.io/v1", kind, at, json!({"subjects": [subject], "roleRef": role}))
}

fn user(name: &str) -> Value {
    json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name})
}

fn config(at: usize, name: &str, key: &str, text: String) -> Value {
    let named = if name.is_empty() { json!({}) } else { json!({"name": name}) };
    object("v1", "ConfigMap", at, json!({"metadata": named, "data": {key: text}}))
}

fn annotated(at: usize, key: &str, text: String) -> Value {
    object("v1", "ConfigMap", at, json!({"metadata": {"annotations": {key: text}}, "data": {}}))
}

/// Somebody in each place.
pub fn people(base64: &dyn Fn(&[u8]) -> String) -> Vec<Person> {
    let mut out: Vec<Person> = Vec::new();
    let mut add = |place: &'static str, make: &dyn Fn(usize, &str, &str, &str) -> Value| {
        let at = out.len();
        let (first, last) = name(at);
        let mail = format!("{first}.{last}@pay.example");
        out.push(Person { place, object: make(at, &first, &last, &mail), names: vec![first, last] });
    };
    add("a user of a RoleBinding", &|at, f, _, _| rbac("RoleBinding", at, user(f)));
    add("a user with a prefix", &|at, f, l, _| {
        rbac("ClusterRoleBinding", at, user(&format!("oidc:{f}.{l}")))
    });
    add("an address with a prefix", &|at, _, _, m| rbac("RoleBinding", at, user(&format!("oidc:{m}"))));
    add("a user behind an issuer", &|at, f, _, _| {
        rbac("RoleBinding", at, user(&format!("https://idp.example/r#{f}")))
    });
    add("a user of a domain", &|at, f, l, _| rbac("RoleBinding", at, user(&format!("PAY\\{f}.{l}"))));
    add("a user with a name and a blank", &|at, f, l, _| {
        rbac("RoleBinding", at, user(&format!("{} {}", capital(f), capital(l))))
    });
    add("a mailing list as a group", &|at, _, _, m| {
        rbac("RoleBinding", at, json!({"kind": "Group", "name": m}))
    });
    add("the name of a binding", &|at, _, _, m| {
        let mut binding = rbac("RoleBinding", at, json!({"kind": "Group", "name": "ops"}));
        binding["metadata"]["name"] = m.into();
        binding
    });
    add("a user that may be impersonated", &|at, f, _, _| {
        let rule = json!({"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"], "resourceNames": [f]});
        object("rbac.authorization.k8s.io/v1", "ClusterRole", at, json!({"rules": [rule]}))
    });
    add("a FlowSchema", &|at, f, _, _| {
        let subject = json!({"kind": "User", "user": {"name": f}});
        object(
            "flowcontrol.apiserver.k8s.io/v1",
            "FlowSchema",
            at,
            json!({"spec": {"rules": [{"subjects": [subject]}]}}),
        )
    });
    add("a certificate request", &|at, f, _, m| {
        let request =
            base64(format!("-----BEGIN CERTIFICATE REQUEST-----\n{}", base64(f.as_bytes())).as_bytes());
        let spec =
            json!({"username": m, "request": request, "signerName": "kubernetes.io/kube-apiserver-client"});
        object(
            "certificates.k8s.io/v1",
            "CertificateSigningRequest",
            at,
            json!({"metadata": {"name": f}, "spec": spec}),
        )
    });
    add("an OpenShift user", &|at, f, l, _| {
        let full = format!("{} {}", capital(f), capital(l));
        object(
            "user.openshift.io/v1",
            "User",
            at,
            json!({"metadata": {"name": f}, "fullName": full, "identities": [format!("ldap:{f}")]}),
        )
    });
    add("an OpenShift group", &|at, f, l, _| {
        object("user.openshift.io/v1", "Group", at, json!({"users": [f, l]}))
    });
    add("an OpenShift identity", &|at, f, _, _| {
        let more = json!({"metadata": {"name": format!("ldap:{f}")}, "providerName": "ldap", "providerUserName": f, "user": {"name": f}});
        object("user.openshift.io/v1", "Identity", at, more)
    });
    add("a Rancher user", &|at, f, l, _| {
        object(
            "management.cattle.io/v3",
            "User",
            at,
            json!({"displayName": format!("{f} {l}"), "username": f, "principalIds": [format!("okta_user://{l}")]}),
        )
    });
    add("an Argo CD policy", &|at, f, l, _| {
        config(
            at,
            "argocd-rbac-cm",
            "policy.csv",
            format!(
                "p, role:ops, applications, *, */*, allow\ng, {f}, role:ops\np, {l}, logs, get, */*, allow\n"
            ),
        )
    });
    add("an Argo CD account", &|at, f, _, _| {
        config(at, "argocd-cm", &format!("accounts.{f}"), "login".into())
    });
    add("an Argo CD application", &|at, f, _, _| {
        let history = json!([{"id": 1, "initiatedBy": {"username": f}}]);
        object("argoproj.io/v1alpha1", "Application", at, json!({"status": {"history": history}}))
    });
    add("an Argo CD project", &|at, _, _, m| {
        object(
            "argoproj.io/v1alpha1",
            "AppProject",
            at,
            json!({"spec": {"roles": [{"name": "r", "groups": [m]}]}}),
        )
    });
    add("aws-auth", &|at, f, l, _| {
        let rows = format!(
            "- userarn: arn:aws:iam::111122223333:user/ops/{l}\n  username: {f}\n  groups: [system:masters]\n"
        );
        config(at, "aws-auth", "mapUsers", rows)
    });
    add("a session of Identity Center", &|at, f, _, _| {
        annotated(at, "x", format!("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_1a2b/{f}"))
    });
    add(
        "an audit policy",
        &|_, f, _, _| json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata", "users": [f]}]}),
    );
    add(
        "a kubeconfig",
        &|_, f, l, _| json!({"apiVersion": "v1", "kind": "Config", "users": [{"name": f, "user": {"as": l}}], "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": f}}]}),
    );
    add("an address in an annotation", &|at, _, _, m| {
        annotated(at, "pay.example/owner", format!("Payments: {m}"))
    });
    add("an address in percent signs", &|at, _, _, m| {
        annotated(at, "link", format!("https://chat.example/?to={}", m.replace('@', "%40")))
    });
    add("an address in JSON", &|at, _, _, m| {
        config(at, "", "a.json", json!({"by": m}).to_string().replace('@', "\\u0040"))
    });
    add("a mailto", &|at, _, _, m| annotated(at, "mail", format!("mailto:{m}?subject=x")));
    add("an address as a key", &|at, _, _, m| object("v1", "ConfigMap", at, json!({"data": {m: "on call"}})));
    add("a commit message", &|at, f, l, m| {
        let name = format!("{} {}", capital(f), capital(l));
        annotated(at, "message", format!("fix\n\nSigned-off-by: {name} <{m}>\nCo-authored-by: {name} <{m}>"))
    });
    add("who asked for a namespace", &|at, f, _, _| {
        object("v1", "Namespace", at, json!({"metadata": {"annotations": {"openshift.io/requester": f}}}))
    });
    add("who approved", &|at, f, l, _| annotated(at, "pay.example/approved-by", format!("{f}, {l}")));
    add("the author of a commit", &|at, f, _, m| {
        let spec = json!({"git": {"commit": {"author": {"name": f, "email": m}}}});
        object("image.toolkit.fluxcd.io/v1", "ImageUpdateAutomation", at, json!({"spec": spec}))
    });
    add("the author of an SBOM", &|_, f, l, m| {
        let author = format!("{} {}", capital(f), capital(l));
        json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"authors": [{"name": author, "email": m}]}, "components": [{"type": "library", "name": "c", "author": author}]})
    });
    add("who created a workflow", &|at, f, _, _| {
        object(
            "argoproj.io/v1alpha1",
            "Workflow",
            at,
            json!({"metadata": {"labels": {"workflows.argoproj.io/creator": f}}}),
        )
    });
    add("a change cause", &|at, f, _, _| {
        annotated(at, "kubernetes.io/change-cause", format!("kubectl scale --as={f} deploy/x"))
    });
    add("a comment of an SSH key", &|at, f, l, _| {
        config(at, "", "authorized_keys", format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI {f}@{l}-laptop\n"))
    });
    add("a message of the API server", &|at, f, _, _| {
        annotated(at, "last-error", format!("pods is forbidden: User \"{f}\" cannot list resource"))
    });
    add("a text in base64", &|at, _, _, m| {
        object(
            "v1",
            "ConfigMap",
            at,
            json!({"binaryData": {"x": base64(format!("contact: {m}").as_bytes())}}),
        )
    });
    add("a variable of the environment", &|at, _, _, m| {
        let container =
            json!({"name": "c", "image": "registry.example/app:1", "env": [{"name": "MAIL_TO", "value": m}]});
        object("v1", "Pod", at, json!({"spec": {"containers": [container]}}))
    });
    add("an argument", &|at, _, _, m| {
        let container =
            json!({"name": "c", "image": "registry.example/app:1", "args": [format!("--notify={m}")]});
        object("v1", "Pod", at, json!({"spec": {"containers": [container]}}))
    });
    add("a receiver of alerts", &|at, _, _, m| {
        config(
            at,
            "",
            "alertmanager.yml",
            format!("receivers:\n- name: x\n  email_configs:\n  - to: '{m}'\n"),
        )
    });
    add("an ACME account", &|at, _, _, m| {
        object(
            "cert-manager.io/v1",
            "ClusterIssuer",
            at,
            json!({"spec": {"acme": {"email": m, "server": "https://acme.example"}}}),
        )
    });
    out
}
