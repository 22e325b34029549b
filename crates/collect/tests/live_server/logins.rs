//! Goal: whatever kubectl accepts gets in, and each login is the one that the server saw (bar 6).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nachweis_testkit::cluster::{Cluster, Login, Options, assets};
use serde_json::{Value, json};

use super::help::{grant, settings, take, take_with};

#[test]
fn certificate_token_plugin_proxy_authority_and_impersonation() {
    let Some(assets) = assets() else { return };
    let options = Options { audit: true, ..Options::default() };
    let cluster = Cluster::start(&assets, options.user("good-token", "reader", ""));
    grant(&cluster, "reader", &json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]));
    let seen = |name: &str| {
        let lists = cluster.audit();
        lists.iter().any(|event| {
            let user = event.get("impersonatedUser").unwrap_or(&event["user"]);
            user["username"] == name
                && event["verb"] == "list"
                && event["objectRef"]["resource"] == "configmaps"
        })
    };

    // Client certificate.
    let guest = cluster.authority().client("guest", Some("system:masters"));
    let all = take(&settings(cluster.kubeconfig(&Login::Certificate(guest))));
    assert!(all.open().is_empty() && seen("guest"));

    // Token: sees one kind, and the rest is denied by name.
    let reader = cluster.kubeconfig(&Login::Token("good-token".into()));
    let part = take(&settings(reader));
    assert!(seen("reader"));
    assert!(part.denied.contains(&"pods".to_string()) && !part.denied.contains(&"configmaps".to_string()));
    assert_eq!(part.open().len(), part.denied.len());

    // Token file.
    let file = cluster.home().join("token");
    std::fs::write(&file, "good-token\n").unwrap();
    let by_file = cluster.kubeconfig_with(&json!({}), &json!({"tokenFile": file}));
    assert_eq!(take(&settings(by_file)).denied, part.denied);

    // Exec plugin.
    let plugin = cluster.home().join("plugin.sh");
    let answer = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                        "status": {"token": "good-token"}});
    std::fs::write(&plugin, format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")).unwrap();
    let exec = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
                               "args": [plugin], "interactiveMode": "Never"}});
    assert_eq!(take(&settings(cluster.kubeconfig_with(&json!({}), &exec))).denied, part.denied);

    // A plugin that never answers ends with the deadline.
    let hangs = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sleep",
                                "args": ["1000"], "interactiveMode": "Never"}});
    let mut short = settings(cluster.kubeconfig_with(&json!({}), &hangs));
    short.deadline = std::time::Duration::from_secs(2);
    let began = std::time::Instant::now();
    let error = take_with(&short, &mut |_| {}).err().unwrap();
    assert_eq!(error.code, "collection-interrupted");
    assert!(began.elapsed().as_secs() < 20);

    // HTTP proxy of the kubeconfig, though the server is on this machine.
    let tunnels = Arc::new(AtomicU32::new(0));
    let port = connect_proxy(Arc::clone(&tunnels));
    let proxied = json!({"proxy-url": format!("http://127.0.0.1:{port}")});
    let token = json!({"token": "good-token"});
    assert_eq!(take(&settings(cluster.kubeconfig_with(&proxied, &token))).denied, part.denied);
    assert!(tunnels.load(Ordering::Relaxed) > 0);

    // Impersonation by flag and by kubeconfig.
    let mut as_reader = settings(cluster.kubeconfig(&cluster.admin_login()));
    as_reader.as_user = Some("reader".into());
    as_reader.as_groups = vec!["system:authenticated".into()];
    assert_eq!(take(&as_reader).denied, part.denied);

    // The authority of the kubeconfig decides: as a file it is found, without it nothing is trusted.
    let authority = cluster.home().join("ca.crt");
    let by_path = json!({"certificate-authority-data": Value::Null, "certificate-authority": authority});
    assert_eq!(take(&settings(cluster.kubeconfig_with(&by_path, &token))).denied, part.denied);
    let none = json!({"certificate-authority-data": Value::Null});
    let error = take_with(&settings(cluster.kubeconfig_with(&none, &token)), &mut |_| {}).err().unwrap();
    assert_eq!(error.code, "cluster-unreachable", "{error}");
    assert!(error.message.contains("certificate"), "{error}");

    // A wrong token is told as such.
    let wrong = settings(cluster.kubeconfig(&Login::Token("wrong".into())));
    assert_eq!(take_with(&wrong, &mut |_| {}).err().unwrap().code, "cluster-refused");
}

/// A proxy that only opens tunnels (`CONNECT`).
fn connect_proxy(tunnels: Arc<AtomicU32>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(mut client), tunnels) = (client, Arc::clone(&tunnels)) else { continue };
            std::thread::spawn(move || {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|read| read > 0) {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).to_string();
                let Some(target) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next())
                else {
                    return;
                };
                let server = TcpStream::connect(target).unwrap();
                tunnels.fetch_add(1, Ordering::Relaxed);
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let (mut from, mut to) = (server, client);
                let _ = std::io::copy(&mut from, &mut to);
            });
        }
    });
    port
}
