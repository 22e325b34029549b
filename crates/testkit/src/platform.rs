//! A platform as a folder of objects with an index, to be changed object by object.

use std::collections::BTreeMap;
use std::sync::Arc;

use nachweis_canon::{Json, Limits, parse_bytes};

use crate::entries::Entries;
use crate::pipeline::{Options, seal};

/// Name of the index.
const INDEX: &str = "collections.json";

/// One file with its objects. Its bytes are written anew only when an object changes.
#[derive(Clone, Debug)]
pub struct File {
    /// path relative to the input
    pub path: String,
    objects: Vec<Arc<Json<'static>>>,
    bytes: Arc<[u8]>,
}

impl File {
    fn new(path: &str, objects: Vec<Arc<Json<'static>>>) -> Self {
        let mut file = File { path: path.into(), objects, bytes: Arc::default() };
        file.write();
        file
    }

    fn write(&mut self) {
        // An object alone stays so: documents without apiVersion are no elements of a list.
        let bytes = match &self.objects[..] {
            [only] => only.canonical(),
            several => {
                let mut bytes = br#"{"apiVersion":"v1","kind":"List","items":["#.to_vec();
                for (at, object) in several.iter().enumerate() {
                    bytes.extend(if at > 0 { &b","[..] } else { b"" });
                    bytes.extend(object.canonical());
                }
                bytes.extend(b"]}");
                bytes
            }
        };
        self.bytes = bytes.into();
    }

    /// The objects.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = &Json<'static>> {
        self.objects.iter().map(|object| &**object)
    }
}

/// Where an object stands: number of the file, number in the file.
pub type Place = (usize, usize);

/// Files of objects, and `collections.json` apart from them.
#[derive(Clone, Debug)]
pub struct Platform {
    /// the files, the index not among them
    pub files: Vec<File>,
    index: Option<Json<'static>>,
}

impl Platform {
    /// Takes the files of an input apart. Every one must be readable.
    pub fn new(entries: &Entries) -> Self {
        assert!(entries.unread.is_empty(), "{:?}", entries.unread);
        let mut platform = Platform { files: Vec::new(), index: None };
        for (path, bytes) in &entries.files {
            let mut objects = Vec::new();
            for document in nachweis_yaml::read(bytes, &nachweis_yaml::Limits::default()) {
                let mut value = document.unwrap().value.into_owned();
                match value.as_object_mut().filter(|members| members.contains("items")) {
                    Some(members) => match members.remove("items") {
                        Some(Json::Arr(items)) => objects.extend(items.into_iter().map(Arc::new)),
                        _ => panic!("{path} holds a list without items"),
                    },
                    None => objects.push(Arc::new(value)),
                }
            }
            match path == INDEX {
                true => platform.index = Some(Json::clone(&objects[0])),
                false => platform.files.push(File::new(path, objects)),
            }
        }
        platform
    }

    /// The input that this platform is.
    pub fn entries(&self) -> Entries {
        let index = self.index.iter().map(|index| (INDEX.to_string(), index.canonical().into()));
        let files = self.files.iter().map(|file| (file.path.clone(), Arc::clone(&file.bytes)));
        Entries { files: index.chain(files).collect(), unread: Vec::new() }
    }

    /// The places of all objects.
    pub fn places(&self) -> Vec<Place> {
        let files = self.files.iter().enumerate();
        files.flat_map(|(file, at)| (0..at.objects.len()).map(move |object| (file, object))).collect()
    }

    /// The object at a place.
    pub fn object(&self, (file, object): Place) -> &Json<'static> {
        &self.files[file].objects[object]
    }

    /// The place of the only object with this kind, namespace (empty: none) and name.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Place {
        let fits = |object: &Json<'_>| {
            object.text(&["kind"]) == Some(kind)
                && object.text(&["metadata", "namespace"]).unwrap_or_default() == namespace
                && object.text(&["metadata", "name"]) == Some(name)
        };
        let found: Vec<Place> = self.places().into_iter().filter(|place| fits(self.object(*place))).collect();
        assert_eq!(found.len(), 1, "{kind} {namespace}/{name} stands at {found:?}");
        found[0]
    }

    /// The places of all objects of a kind.
    pub fn of_kind(&self, kind: &str) -> Vec<Place> {
        let is = |place: &Place| self.object(*place).text(&["kind"]) == Some(kind);
        self.places().into_iter().filter(is).collect()
    }

    /// Changes one object.
    pub fn edit(&mut self, (file, object): Place, change: impl FnOnce(&mut Json<'static>)) {
        change(Arc::make_mut(&mut self.files[file].objects[object]));
        self.files[file].write();
    }

    /// Takes one object out. Its file stays, with an empty list where it was the last one.
    pub fn remove(&mut self, (file, object): Place) {
        self.files[file].objects.remove(object);
        self.files[file].write();
    }

    /// Takes all objects out that fit.
    pub fn remove_where(&mut self, fits: impl Fn(&Json<'_>) -> bool) -> usize {
        let mut removed = 0;
        for file in &mut self.files {
            let before = file.objects.len();
            file.objects.retain(|object| !fits(object));
            if file.objects.len() < before {
                removed += before - file.objects.len();
                file.write();
            }
        }
        removed
    }

    /// Adds a file of objects.
    pub fn add(&mut self, path: &str, objects: Vec<Json<'static>>) {
        self.files.push(File::new(path, objects.into_iter().map(Arc::new).collect()));
    }

    /// The rows of the index, to be changed; `None` where there is no index.
    pub fn rows(&mut self) -> Option<&mut Vec<Json<'static>>> {
        match self.index.as_mut()?.as_object_mut()?.get_mut("collections")? {
            Json::Arr(rows) => Some(rows),
            _ => None,
        }
    }

    /// Takes the index away.
    pub fn drop_index(&mut self) {
        self.index = None;
    }

    /// Makes the index count what is there, as whoever changed the cluster itself would have collected it.
    pub fn recount(&mut self) {
        let sealed = seal(&self.entries(), &Options::default()).unwrap().sealed;
        let collections = sealed.seal.collections.iter();
        let counts: BTreeMap<(&str, &str), u64> =
            collections.map(|row| ((row.resource.as_str(), row.scope.as_str()), row.count)).collect();
        for row in self.rows().into_iter().flatten() {
            let (Some(resource), Some(scope)) = (row.text(&["resource"]), row.text(&["scope"])) else {
                continue;
            };
            let count = counts[&(resource, scope)];
            row.as_object_mut().unwrap().insert("count", Json::Int(count.try_into().unwrap()));
        }
    }
}

/// Reads JSON that a test writes.
pub fn json(text: &str) -> Json<'static> {
    parse_bytes(text.as_bytes(), &Limits::OURS).unwrap().value.into_owned()
}

/// The node at a JSON pointer (RFC 6901).
pub fn at<'j>(value: &'j mut Json<'static>, pointer: &str) -> Option<&'j mut Json<'static>> {
    pointer.split('/').skip(1).try_fold(value, |node, word| match node {
        Json::Obj(members) => members.get_mut(&word.replace("~1", "/").replace("~0", "~")),
        Json::Arr(items) => items.get_mut(word.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Sets a member of the object at a pointer.
pub fn set(value: &mut Json<'static>, pointer: &str, member: &'static str, new: Json<'static>) {
    let node = at(value, pointer).unwrap_or_else(|| panic!("nothing stands at {pointer}"));
    node.as_object_mut().unwrap_or_else(|| panic!("no object stands at {pointer}")).insert(member, new);
}

/// Pointers of all strings in a value, without those that make its identity.
pub fn strings(value: &Json<'_>) -> Vec<String> {
    fn walk(value: &Json<'_>, pointer: &str, out: &mut Vec<String>) {
        match value {
            Json::Str(_) => out.push(pointer.to_string()),
            Json::Arr(items) => {
                items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{pointer}/{at}"), out));
            }
            Json::Obj(members) => members.iter().for_each(|(key, member)| {
                walk(member, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), out);
            }),
            _ => {}
        }
    }
    const IDENTITY: [&str; 6] =
        ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace", "/metadata/uid", "/bomFormat"];
    let mut out = Vec::new();
    walk(value, "", &mut out);
    out.retain(|pointer| !IDENTITY.contains(&pointer.as_str()));
    out
}
