//! `workflow graph`: drawings of workflows of packs, and of files.

use std::path::Path;
use std::process::Command;

use attune_tests::machines::api_server::ApiServer;
use attune_tests::machines::browser::Browser;
use attune_tests::{Run, World};

use super::{host, json, run};

/// Each kind of task and line, and names that are no good.
const HOSTILE: &str = r#"version: "1"
tasks:
- {name: "</script><b>\"x\" `y` #35; | [a] {b} \\", action: a.b, with_items: "{{ x }}", next: [{when: "{{ a }} & \" --> <", do: [gone, loop]}]}
- {name: loop, type: workflow, action: a.c, next: [{when: "{{ failed() }}", do: [loop]}, {when: "{{ timed_out() }}", do: [end]}]}
- {name: end, type: parallel, tasks: [{name: "🚀 עברית", next: [{do: [subgraph, "%%{init"]}]}, {name: subgraph}]}
"#;

/// Drawings of every format of `workflow`.
fn drawings(world: &World, workflow: &str) -> [String; 3] {
    ["svg", "dot", "mermaid"]
        .map(|format| run(world, &["graph", workflow, "--format", format]).succeeds().stdout)
}

fn hostile(world: &World) -> String {
    let path = world.path().join("hostile.yaml");
    fs_err::write(&path, HOSTILE).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_workflow_of_a_pack_is_drawn_in_each_language() {
    let world = host();
    let before = world.root_tree();
    let [svg, dot, mermaid] = drawings(&world, "flows.linked");
    assert!(
        svg.starts_with("<svg ") && svg.contains("<title>flows.linked</title>") && svg.ends_with("</svg>\n")
    );
    assert!(dot.starts_with("digraph \"flows.linked\" {") && dot.contains("n0 -> n1"), "{dot}");
    assert!(mermaid.contains("flowchart TD") && mermaid.contains("n0 --> n1"), "{mermaid}");
    assert_eq!(run(&world, &["graph", "flows.linked"]).succeeds().stdout, svg);
    assert!(world.root_tree() == before, "the root was touched");
    // The server draws the same, by whichever name it is asked.
    let server = ApiServer::start(&world);
    for (format, expected) in [("svg", &svg), ("dot", &dot), ("mermaid", &mermaid)] {
        for name in ["linked", "flows.linked"] {
            let path = format!("/api/v1/packs/flows/workflows/{name}/drawing?format={format}");
            let drawn = server.get(&path).body;
            assert_eq!(drawn["data"]["drawing"].as_str(), Some(expected.as_str()), "{path}");
        }
    }
    for (path, status) in [("nope/drawing", 404), ("linked/drawing?format=png", 400)] {
        assert_eq!(server.get(&format!("/api/v1/packs/flows/workflows/{path}")).status, status, "{path}");
    }
}

#[test]
fn a_drawing_is_written_to_a_file_or_told_in_json() {
    let world = host();
    let path = world.path().join("new/report.svg");
    let told = run(&world, &["graph", "flows.alone", "-o", path.to_str().unwrap()]).succeeds().stdout;
    assert!(told.contains("wrote") && told.contains("report.svg"), "{told}");
    let document = json(&world, &["graph", "flows.alone", "--format", "svg"]);
    assert_eq!(document["drawing"].as_str(), Some(fs_err::read_to_string(&path).unwrap().as_str()));
    assert_eq!((&document["workflow"], &document["drawingFormat"]), (&"flows.alone".into(), &"svg".into()));
    let quiet = run(&world, &["graph", "flows.alone", "-q", "-o", path.to_str().unwrap()]).succeeds();
    assert_eq!(quiet.stdout, "");
}

#[test]
fn a_file_is_drawn_without_a_host_and_with_its_errors() {
    let world = World::new();
    let file = hostile(&world);
    let [svg, dot, mermaid] = drawings(&world, &file);
    assert!(svg.contains("no such task") && !svg.contains("<script") && !svg.contains("<b>"), "{svg}");
    assert!(dot.contains("no such task") && mermaid.contains(":::missing"));
    assert!(!world.root().exists());
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let world = host();
    run(&world, &["graph", "flows.linkd"]).fails(4, &["flows.linkd"]).with_hint();
    run(&world, &["graph", "./absent.yaml"]).fails(2, &["[U015]", "absent.yaml"]).with_hint();
    let place = |name: &str, content: &[u8]| {
        let path = world.path().join(name);
        fs_err::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut large = b"version: \"1\"\ntasks: [{name: a}]\n#".to_vec();
    large.resize(1024 * 1024 + 1, b'x');
    let bad: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("broken", b"tasks: [\n"),
        ("none", b"a: b\n"),
        ("bytes", b"\xff\xfe"),
        ("large", &large),
    ];
    for (name, content) in bad {
        let file = place(&format!("{name}.yaml"), content);
        run(&world, &["graph", &file]).fails(2, &["[U015]", "is no workflow"]).with_hint();
    }
    run(&world, &["graph", world.path().to_str().unwrap()]).fails(2, &["[U015]"]).with_hint();
    run(&world, &["graph", "flows.linked", "--format", "png"]).fails(2, &["png"]);
}

#[test]
#[ignore = "needs dot of Graphviz"]
fn tools_graphviz_reads_drawings() {
    let world = host();
    for (workflow, boxes, lines) in [("flows.linked".to_owned(), 2, 1), (hostile(&world), 7, 6)] {
        let file = world.path().join("drawing.dot");
        run(&world, &["graph", &workflow, "--format", "dot", "-o", file.to_str().unwrap()]).succeeds();
        let mut dot = Command::new("dot");
        dot.args(["-Tplain"]).arg(&file);
        let plain = Run::of(dot).succeeds();
        assert!(plain.stderr.is_empty(), "{}", plain.stderr);
        let count = |kind: &str| plain.stdout.lines().filter(|line| line.starts_with(kind)).count();
        assert_eq!((count("node "), count("edge ")), (boxes, lines), "{}", plain.stdout);
    }
}

#[test]
#[ignore = "needs chromium, and npm with an index"]
fn tools_mermaid_reads_drawings() {
    let world = host();
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--ignore-scripts", "--silent", "mermaid@11"])
        .current_dir(world.path());
    Run::of(npm).succeeds();
    let page = world.path().join("mermaid.html");
    let script =
        "<!doctype html><meta charset=utf-8><script src=node_modules/mermaid/dist/mermaid.min.js></script>";
    fs_err::write(&page, script).unwrap();
    let mut browser = Browser::start(world.path());
    browser.open(&format!("file://{}", page.display()));
    for workflow in ["flows.linked".to_owned(), hostile(&world)] {
        let [_, _, text] = drawings(&world, &workflow);
        let drawn = format!(
            "mermaid.render('drawn', {}).then(drawn => drawn.svg)",
            serde_json::to_string(&text).unwrap()
        );
        let svg = browser.evaluate(&drawn);
        let svg = svg.as_str().unwrap();
        assert!(
            svg.contains("flowchart") && !svg.contains("<script") && !svg.contains("Syntax error"),
            "{svg}"
        );
    }
}

#[test]
#[ignore = "needs chromium"]
fn tools_a_browser_shows_a_picture() {
    let world = host();
    let file = world.path().join("picture.svg");
    run(&world, &["graph", &hostile(&world), "-o", file.to_str().unwrap()]).succeeds();
    let mut browser = Browser::start(world.path());
    browser.open(&format!("file://{}", Path::new(&file).display()));
    // Whatever the font, no text leaves its box.
    let outside = "[...document.querySelectorAll('g > rect.box')].filter(box => [...box.parentNode.querySelectorAll('text')]
        .some(text => text.getBBox().x + text.getBBox().width > box.getBBox().x + box.getBBox().width)).length";
    assert_eq!(browser.evaluate(outside), 0);
    assert_eq!(browser.evaluate("document.querySelectorAll('.missing').length"), 2);
    assert_eq!(browser.told, Vec::<String>::new());
}
