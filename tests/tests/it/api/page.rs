//! The page for people, and the description of the API.

use attune_tests::World;
use attune_tests::machines::api_server::ApiServer;

fn server() -> (World, ApiServer) {
    let world = World::new();
    fs_err::create_dir_all(world.root()).unwrap();
    let server = ApiServer::start(&world);
    (world, server)
}

#[test]
fn every_part_is_there_and_nothing_comes_from_elsewhere() {
    let (_world, server) = server();
    for (path, kind) in [
        ("/", "text/html"),
        ("/page/page.js", "text/javascript"),
        ("/page/workflow.js", "text/javascript"),
        ("/page/style.css", "text/css"),
        ("/page/drawing.css", "text/css"),
        ("/docs/", "text/html"),
        ("/docs/start.js", "text/javascript"),
        ("/docs/swagger-ui-bundle.js", "text/javascript"),
        ("/docs/swagger-ui.css", "text/css"),
    ] {
        let response = server.request("GET", path).send().unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let headers = response.headers().clone();
        assert!(headers["content-type"].to_str().unwrap().starts_with(kind), "{path}: {headers:?}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        let text = response.text().unwrap();
        if kind == "text/html" {
            assert!(
                !text.contains("://") && !text.contains("<script>") && !text.contains("style=\""),
                "{path}"
            );
        }
    }
    for path in ["/page/other.js", "/docs/other.js", "/page/..%2fCargo.toml"] {
        assert_eq!(server.request("GET", path).send().unwrap().status(), 404, "{path}");
    }
}

#[test]
fn the_page_is_made_of_elements_and_never_of_markup() {
    let sources = ["page.js", "workflow.js"].map(|name| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/page").join(name);
        fs_err::read_to_string(path).unwrap()
    });
    for source in sources {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "localStorage",
            "cookie",
        ] {
            assert!(!source.contains(word), "{word}");
        }
    }
}

#[test]
fn the_description_names_every_path_and_is_sound() {
    let (_world, server) = server();
    let text = server.request("GET", "/openapi.json").send().unwrap().text().unwrap();
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["openapi"], "3.1.0");
    assert!(whole["paths"]["/api/v1/packs/{ref}/workflows/sync"]["post"].is_object());
    // Every reference leads to something.
    let mut waiting = vec![&whole];
    while let Some(value) = waiting.pop() {
        if let Some(reference) = value.get("$ref").and_then(serde_json::Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(whole.pointer(pointer).is_some(), "{reference}");
        }
        match value {
            serde_json::Value::Array(items) => waiting.extend(items),
            serde_json::Value::Object(fields) => waiting.extend(fields.values()),
            _ => {}
        }
    }
}
