//! Drawings of workflows in every language.

use std::fmt::Write as _;

use attune_schemas::diagnostics::Findings;
use attune_schemas::workflow::{Drawing, DrawingFormat, Workflow, parse};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Every kind of task and line.
const WORKFLOW: &str = r#"
version: "1.0.0"
tasks:
- name: fetch
  action: weather.fetch
  timeout: 60
  retry: {count: 3, delay: 10}
  next:
  - {when: "{{ succeeded() }}", publish: [{forecast: "{{ result() }}"}], do: [check, render]}
  - {when: "{{ failed() }}", do: [alarm]}
  - {when: "{{ timed_out() }}", do: [fetch]}
- name: check
  type: workflow
  action: weather.check_places
  with_items: "{{ workflow.forecast.places }}"
  next:
  - {when: "{{ succeeded() and result().count > 3 }}", do: [render]}
  - {when: "{{ result().wrong }}", do: [fetch]}
- name: render
  action: weather.render
  join: 2
  next: [{do: [send, nowhere]}]
- name: send
  type: parallel
  tasks:
  - {name: mail, action: core.mail}
  - {name: post, action: core.post, when: "{{ parameters.post }}"}
- {name: alarm, action: core.alarm}
"#;

fn workflow(text: &str) -> Workflow {
    parse("w.yaml", text, &mut Findings::new()).unwrap()
}

fn drawn(text: &str, format: DrawingFormat) -> String {
    Drawing::of(&workflow(text), "weather.report").to_text(format)
}

/// The texts of the elements called `name`; fails unless `svg` is XML.
fn texts(svg: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut texts, mut path, mut text) = (Vec::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) => {
                path.push(element.name().as_ref().to_owned());
                text.clear();
                for attribute in element.attributes() {
                    attribute.unwrap();
                }
            }
            Event::Text(piece) => text.push_str(&piece),
            Event::GeneralRef(entity) => {
                text.push_str(match entity.as_ref() {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    other => panic!("{other:?}"),
                });
            }
            Event::End(_) => {
                if path.pop().as_deref() == Some(name) {
                    texts.push(std::mem::take(&mut text));
                }
            }
            Event::Empty(_) => {}
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(path.is_empty());
    texts
}

#[test]
fn a_drawing_in_graphviz() {
    insta::assert_snapshot!(drawn(WORKFLOW, DrawingFormat::Dot));
}

#[test]
fn a_drawing_in_mermaid() {
    insta::assert_snapshot!(drawn(WORKFLOW, DrawingFormat::Mermaid));
}

#[test]
fn a_drawing_in_svg() {
    let svg = drawn(WORKFLOW, DrawingFormat::Svg);
    let without_style = svg.split_once("<style>").unwrap();
    let rest = without_style.1.split_once("</style>").unwrap().1;
    insta::assert_snapshot!(format!("{}<style/>{rest}", without_style.0));
    assert_eq!(svg, drawn(WORKFLOW, DrawingFormat::Svg));
}

#[test]
fn a_picture_says_in_words_what_it_shows() {
    let svg = drawn(WORKFLOW, DrawingFormat::Svg);
    let titles = texts(&svg, "title");
    assert_eq!(titles[0], "weather.report");
    for words in [
        "fetch → check\nwhen: {{ succeeded() }}\npublishes forecast: {{ result() }}",
        "check → fetch\nwhen: {{ result().wrong }}",
        "fetch\nweather.fetch\ntried again: 3\ntimeout: 60",
        "nowhere\nno such task",
        "render\nweather.render\nwaits for 2",
        "check\nworkflow weather.check_places\nfor each of workflow.forecast.places",
    ] {
        assert!(titles.iter().any(|title| title == words), "{words}: {titles:#?}");
    }
    let description = &texts(&svg, "desc")[0];
    assert!(
        description.starts_with("fetch leads to check (succeeded), render (succeeded), alarm (failed),"),
        "{description}"
    );
    // Both modes, and a dash beside each colour.
    let style = &texts(&svg, "style")[0];
    assert!(style.contains("prefers-color-scheme: dark"));
    for outcome in ["failed", "timed-out", "cancelled", "condition"] {
        let dash = style.lines().find(|line| line.contains(&format!(".{outcome}.line"))).unwrap();
        assert!(dash.contains("stroke-dasharray"), "{dash}");
    }
}

#[test]
fn hostile_names_are_texts_in_every_language() {
    let long = "long".repeat(2_500);
    let names = [
        "\"quoted\" 'name'",
        "</script><script>alert(1)</script>",
        "]]><!-- & &amp; &#0;",
        "two\nlines\ttabbed",
        "עברית \u{202e}txt.exe",
        "🚀 rocket 👩‍🚀",
        "end",
        "back\\slash \\",
        "; } digraph x { a -> b",
        "`code` **bold** #35; %%{init: {}}%%",
        "\u{1}\u{200b}\u{7f}",
        &long,
    ];
    for name in names {
        // YAML has no bare DEL.
        let quoted = serde_json::to_string(name).unwrap().replace('\u{7f}', "\\u007f");
        let text = format!(
            "version: \"1\"\ntasks:\n- {{name: {quoted}, action: {quoted}, when: {quoted}, with_items: {quoted}, \
             next: [{{when: {quoted}, do: [{quoted}, other, {quoted}]}}]}}\n- {{name: other, type: parallel, \
             tasks: [{{name: {quoted}, next: [{{do: [\"gone {}\"]}}]}}]}}\n",
            &quoted[1..quoted.len() - 1]
        );
        let workflow = workflow(&text);
        let drawing = Drawing::of(&workflow, name);
        let svg = drawing.to_svg();
        assert!(texts(&svg, "text").len() > 4, "{name}");
        assert!(!svg.contains("<script") && !svg.contains("\u{202e}"), "{name}");
        if name.len() == 10_000 {
            assert!(texts(&svg, "title").iter().any(|title| title.starts_with(name)));
            let shown = texts(&svg, "text").into_iter().map(|text| text.chars().count()).max();
            assert!(shown < Some(60), "{shown:?}");
        }
        for line in drawing.to_dot().lines() {
            // The quotes of a line are in pairs, whatever is between them.
            let bare = line.replace("\\\\", "").replace("\\\"", "");
            assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
        }
        for line in drawing.to_mermaid().lines().skip(3) {
            assert!(line.matches('"').count() <= 2, "{line}");
            let label = line.split('"').nth(1).unwrap_or_default().replace("<br/>", "");
            assert!(!label.contains(['<', '>', '`', '%', '{', '[', '(', '|', '&', '\\']), "{line}");
        }
    }
}

/// Workflows of `count` tasks of different shapes.
fn shapes(count: usize) -> Vec<(&'static str, String)> {
    let task = |index: usize, targets: &[String]| {
        format!("- {{name: t{index}, action: a.b, next: [{{do: [{}]}}]}}\n", targets.join(", "))
    };
    let name = |index: usize| format!("t{index}");
    let made = |targets: &dyn Fn(usize) -> Vec<String>| {
        let mut text = "version: \"1\"\ntasks:\n".to_owned();
        for index in 0..count {
            let _ = write!(text, "{}", task(index, &targets(index)));
        }
        text
    };
    let last = count - 1;
    vec![
        ("chain", made(&|index| if index < last { vec![name(index + 1)] } else { vec![] })),
        ("circle", made(&|index| vec![name((index + 1) % count)])),
        ("alone", made(&|_| vec![])),
        (
            "wide",
            made(&|index| match index {
                0 => (1..last).map(name).collect(),
                index if index < last => vec![name(last)],
                _ => vec![],
            }),
        ),
        ("handler", made(&|index| if index < last { vec![name(index + 1), name(last)] } else { vec![] })),
        ("tangle", made(&|index| vec![name((index * 7919) % count), name((index * 104_729 + 1) % count)])),
        ("missing", made(&|index| vec![format!("gone{index}")])),
    ]
}

#[test]
fn a_picture_of_any_size_is_drawn_on_a_small_stack() {
    for count in [1, 5, 100, 10_000] {
        for (shape, text) in shapes(count) {
            let workflow = workflow(&text);
            let draw = move || {
                let drawing = Drawing::of(&workflow, "large");
                (drawing.to_svg(), drawing.to_dot(), drawing.to_mermaid())
            };
            let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(draw).unwrap();
            let (svg, dot, mermaid) = thread.join().unwrap();
            let boxes = svg.matches("class=\"name\"").count();
            assert!(boxes >= count, "{shape} of {count}: {boxes}");
            assert!(svg.len() < 4_000 * (count + 5), "{shape} of {count}: {} bytes", svg.len());
            assert!(dot.len().max(mermaid.len()) < 1_000 * (count + 5), "{shape} of {count}");
        }
    }
}

#[test]
fn an_empty_workflow_is_an_empty_picture() {
    let svg = drawn("version: \"1\"\ntasks: []\n", DrawingFormat::Svg);
    assert_eq!(texts(&svg, "text"), [""; 0]);
}

#[test]
fn a_text_that_many_lines_share_is_not_repeated_in_full() {
    let targets: Vec<String> = (0..1_000).map(|index| format!("t{index}")).collect();
    let long = "x".repeat(100_000);
    let text = format!(
        "version: \"1\"\ntasks:\n- name: {long}\n  next: [{{when: \"{{{{ {long} }}}}\", publish: [{{x: {long}}}], do: [{}]}}]\n",
        targets.join(", ")
    );
    for format in [DrawingFormat::Svg, DrawingFormat::Dot, DrawingFormat::Mermaid] {
        let length = drawn(&text, format).len();
        assert!(length < 3_000_000, "{format:?}: {length}");
    }
}
