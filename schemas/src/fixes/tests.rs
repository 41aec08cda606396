use super::*;

/// `text` as the file of a workflow, corrected.
fn corrected(file: &str, kind: ComponentKind, text: &str) -> FixedFile {
    let codes: Vec<Code> = crate::diagnostics::all_codes().to_vec();
    let (pack, file) = ("weather".parse().unwrap(), file.parse().unwrap());
    let file = FixableFile { kind, pack: &pack, file: &file, text, codes: &codes };
    let fixed = fix_file(file);
    if let Some(text) = &fixed.text {
        let again = fix_file(FixableFile { text, ..file });
        assert_eq!(again.text, None, "corrected twice:\n{text}\n{again:?}");
    }
    fixed
}

fn workflow(text: &str) -> FixedFile {
    corrected(
        "workflows/flow.yaml",
        ComponentKind::Workflow,
        &format!("ref: weather.flow\nversion: '1'\n{text}"),
    )
}

#[track_caller]
fn assert_fixed(before: &str, after: &str) {
    let fixed = workflow(before);
    let head = "ref: weather.flow\nversion: '1'\n";
    assert_eq!(fixed.text.as_deref(), Some(&*format!("{head}{after}")), "{before}\n{fixed:?}");
    assert!(!fixed.left_some, "{before}");
}

const B: &str = "  - {name: b, action: c.d}\n  - {name: c, action: c.d}\n";

#[track_caller]
fn assert_task_fixed(before: &str, after: &str) {
    let text = |lines: &str| {
        format!("tasks:\n  # first\n  - name: a  # the name\n    action: c.d\n{lines}{B}# end\n")
    };
    assert_fixed(&text(before), &text(after));
}

#[test]
fn keys_with_hyphens_are_written_with_underscores() {
    assert_task_fixed(
        "    on-failure: b # then\n    with-items: '{{ [1] }}'\n    retry: {count: 1, delay: 1, max-delay: 3}\n",
        "    on_failure: b # then\n    with_items: '{{ [1] }}'\n    retry: {count: 1, delay: 1, max_delay: 3}\n",
    );
}

#[test]
fn a_single_target_becomes_a_list() {
    assert_task_fixed(
        "    next:\n      - do: b  # one\n      - {when: '{{ failed() }}', do: \"c\"}\n",
        "    next:\n      - do: [b]  # one\n      - {when: '{{ failed() }}', do: [\"c\"]}\n",
    );
}

#[test]
fn lists_of_names_become_transitions() {
    assert_task_fixed(
        "    on_success: [b, c]  # both\n",
        "    next:\n      - when: \"{{ succeeded() }}\"\n        do: [b, c]  # both\n",
    );
    assert_task_fixed(
        "    on-success:  # both\n      - b\n      # and\n      - c  # last\n    on_failure: c\n    on-complete: [b]\n",
        "    next:\n      - when: \"{{ succeeded() }}\"\n        do:  # both\n          - b\n          # and\n          - c  # last\n      \
         - when: \"{{ failed() }}\"\n        do: [c]\n      - do: [b]\n",
    );
    assert_task_fixed(
        "    on_timeout:\n    - b\n",
        "    next:\n      - when: \"{{ timed_out() }}\"\n        do:\n        - b\n",
    );
    let text = |task: &str| format!("tasks: [{{name: a, action: c.d, {task}}}, {{name: b, action: c.d}}]\n");
    assert_fixed(
        &text("on_success: [b], on_failure: b"),
        &text("next: [{when: \"{{ succeeded() }}\", do: [b]}, {when: \"{{ failed() }}\", do: [b]}]"),
    );
}

#[test]
fn lists_of_conditions_become_transitions() {
    assert_task_fixed(
        "    on_success:\n      - when: '{{ result().x > 1 }}'  # many\n        do: b\n      - next: [c]\n      - {do: b}\n",
        "    next:\n      - when: \"{{ succeeded() and result().x > 1 }}\"  # many\n        do: [b]\n      \
         - when: \"{{ succeeded() }}\"\n        do: [c]\n      - {when: \"{{ succeeded() }}\", do: [b]}\n",
    );
}

#[test]
fn what_is_not_certain_is_left_alone() {
    for lines in [
        // Conditions in conditions.
        "    on_success: [{when: '{{ x }}', do: [{when: '{{ y }}', do: b}]}]\n",
        // What is published belongs to one of them.
        "    on_success: [b]\n    publish: [{x: 1}]\n",
        // They do not stand together.
        "    on_success: [b]\n    timeout: 3\n    on_failure: c\n",
        // Names beside conditions.
        "    on_success: [b, {do: c}]\n",
    ] {
        let fixed = workflow(&format!("tasks:\n  - name: a\n    action: c.d\n{lines}{B}"));
        assert_eq!(fixed.text, None, "{lines}");
    }
    // The order of the fields is not that in which servers try them.
    let fixed = workflow(&format!(
        "tasks:\n  - name: a\n    action: c.d\n    on_failure: [b]\n    on_success: [c]\n{B}"
    ));
    assert_eq!(fixed, FixedFile { text: None, left_some: true });
    // The later of two variables wins, which a mapping cannot say; the rest is corrected.
    let rest = "tasks:\n  - name: a\n    action: c.d\n    on-failure: b\n";
    let fixed = workflow(&format!("vars: [{{x: 1}}, {{x: 2}}]\n{rest}{B}"));
    assert!(fixed.left_some && fixed.text.unwrap().contains("vars: [{x: 1}, {x: 2}]\n"));
    // What cannot be read is not touched.
    assert_eq!(workflow("tasks: [\n").text, None);
    assert_eq!(workflow("tasks: many\n").text, None);
}

#[test]
fn variables_become_a_mapping() {
    let tasks = "tasks: [{name: a, action: c.d}]\n";
    for (before, after) in [
        (
            "vars:\n  - a: 1  # one\n  # two\n  - b:\n      - x\n  - c\n",
            "vars:\n    a: 1  # one\n  # two\n    b:\n      - x\n    c: null\n",
        ),
        ("vars:\n- a: 1\n- {b: [2]}\n", "vars:\n  a: 1\n  b: [2]\n"),
        ("vars: [{a: 1}, b]\n", "vars: {a: 1, b: null}\n"),
        ("vars: []\n", "vars: {}\n"),
    ] {
        assert_fixed(&format!("{before}{tasks}"), &format!("{after}{tasks}"));
    }
}

#[test]
fn tasks_by_name_become_a_list() {
    assert_fixed(
        "tasks:\n  first:  # begin\n    action: c.d\n    on_success: last\n  'last':\n      action: c.d\n  1: {action: c.d}\n",
        "tasks:\n  - name: first  # begin\n    action: c.d\n    on_success: last\n  -   name: 'last'\n      action: c.d\n  - {name: 1, action: c.d}\n",
    );
    assert_fixed("tasks: {a: {action: c.d}}\n", "tasks: [{name: a, action: c.d}]\n");
}

#[test]
fn parameters_and_outputs_have_their_names_of_today() {
    let tasks = "tasks: [{name: a, action: c.d}]\n";
    for (before, after) in [
        (
            "input:\n  - place  # where\n  - days: 3\n",
            "parameters:\n    place: {}  # where\n    days: {default: 3}\n",
        ),
        ("input: [place, {days: [3]}]\n", "parameters: {place: {}, days: {default: [3]}}\n"),
        ("input: {place: {type: string}}\n", "parameters: {place: {type: string}}\n"),
        ("output: {x: '{{ workflow.y }}'}\n", "output_map: {x: '{{ workflow.y }}'}\n"),
    ] {
        assert_fixed(&format!("{before}{tasks}"), &format!("{after}{tasks}"));
    }
}

#[test]
fn joins_and_decisions_have_their_forms_of_today() {
    assert_fixed(
        "tasks:\n  - {name: a, action: c.d, next: [{do: [c]}]}\n  - {name: b, action: c.d, next: [{do: [c]}]}\n  - {name: c, action: c.d, join: all}\n",
        "tasks:\n  - {name: a, action: c.d, next: [{do: [c]}]}\n  - {name: b, action: c.d, next: [{do: [c]}]}\n  - {name: c, action: c.d, join: 2}\n",
    );
    assert_task_fixed(
        "    decision:\n      - when: '{{ x }}'\n        next: b\n      - default: c  # else\n",
        "    decision:\n      - when: '{{ x }}'\n        next: b\n      - default: true\n        next: c  # else\n",
    );
}

#[test]
fn refs_are_added_before_the_first_key() {
    let flow = "\u{feff}# A comment.\r\n---\r\nversion: '1'\r\ntasks: [{name: a, action: c.d}]\r\n";
    let fixed = corrected("workflows/flow.workflow.yaml", ComponentKind::Workflow, flow).text.unwrap();
    assert_eq!(fixed, flow.replace("version", "ref: weather.flow\r\nversion"));
    let action = "# Tells.\nname: now\nentry_point: echo é\n";
    let fixed = corrected("actions/x.yaml", ComponentKind::Action, action).text.unwrap();
    assert_eq!(fixed, action.replace("name: now", "ref: weather.now\nname: now"));
    // Neither a name nor a ref: nothing is certain.
    assert_eq!(corrected("actions/x.yaml", ComponentKind::Action, "entry_point: echo é\n").text, None);
}

#[test]
fn rules_have_their_fields_of_today() {
    let rule = "ref: weather.r\ntrigger: storm  # when\n\"action\": weather.now\n";
    let fixed = corrected("rules/r.yaml", ComponentKind::Rule, rule).text.unwrap();
    assert_eq!(fixed, "ref: weather.r\ntrigger_ref: storm  # when\naction_ref: weather.now\n");
    let both = "ref: weather.r\ntrigger: storm\ntrigger_ref: sun\naction_ref: now\n";
    assert_eq!(corrected("rules/r.yaml", ComponentKind::Rule, both).text, None);
}
