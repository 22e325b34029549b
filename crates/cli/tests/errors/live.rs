//! API servers that are away, refuse or are none.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use crate::Provoked;
use crate::common::run;
use crate::inputs::put;

/// A kubeconfig for a server and a user.
fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{{name: a, cluster: {{server: \"{server}\"}}}}]\n\
         users: [{{name: a, user: {user}}}]\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n"
    )
}

/// A server that answers everything with one status. Its address.
fn answers(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    format!("http://127.0.0.1:{port}")
}

pub(crate) fn all(home: &Path) -> Vec<Provoked> {
    let (refuses, none) = (answers("401 Unauthorized"), answers("404 Not Found"));
    put(home, "away.kubeconfig", kubeconfig("https://127.0.0.1:1", "{}"));
    let plugin = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./no-such-plugin, interactiveMode: Never}}";
    put(home, "plugin.kubeconfig", kubeconfig("https://127.0.0.1:1", plugin));
    put(home, "refuses.kubeconfig", kubeconfig(&refuses, "{}"));
    put(home, "none.kubeconfig", kubeconfig(&none, "{}"));
    let snapshot = |code: &str, file: &str, more: &[&str]| {
        let arguments = [&["snapshot", "--live", "--kubeconfig", file], more].concat();
        let mut one = Provoked::new(code, &arguments, &run(home, &arguments));
        one.said =
            one.said.replace(&refuses, "http://127.0.0.1:PORT").replace(&none, "http://127.0.0.1:PORT");
        one
    };
    vec![
        snapshot("kubeconfig-unusable", "nowhere", &[]),
        snapshot("credentials-unusable", "plugin.kubeconfig", &[]),
        snapshot("cluster-refused", "refuses.kubeconfig", &[]),
        snapshot("cluster-unreachable", "none.kubeconfig", &[]),
        snapshot("collection-interrupted", "away.kubeconfig", &["--deadline", "1s"]),
    ]
}
