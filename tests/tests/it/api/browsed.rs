//! The page in a real browser.

use attune_tests::PackBuilder;
use attune_tests::World;
use attune_tests::machines::api_server::ApiServer;
use attune_tests::machines::browser::Browser;
use base64::Engine as _;

const WORKFLOW: &str = "ref: flows.deploy\nlabel: Deploy\nversion: \"1.0.0\"\ntasks:\n- name: build\n  action: flows.ping\n  next:\n  \
     - {when: \"{{ succeeded() }}\", do: [ship]}\n  - {when: \"{{ failed() }}\", do: [tell]}\n- {name: ship, action: flows.ping}\n\
     - {name: tell, action: flows.ping}\n";

fn world() -> World {
    let pack = PackBuilder::new("flows", "1.0.0")
        .action("ping", "shell", "#!/bin/sh\necho '{}'\n")
        .file("workflows/deploy.yaml", WORKFLOW);
    let world = World::with_packs(&[&pack]);
    world.install_packs(&["flows"]).succeeds();
    world
}

/// Keeps a picture where the variable `ATTUNE_TEST_PICTURES` names a directory, for somebody to look at.
fn keep(browser: &mut Browser, name: &str) {
    if let Some(directory) = std::env::var_os("ATTUNE_TEST_PICTURES") {
        let picture = base64::engine::general_purpose::STANDARD.decode(browser.picture()).unwrap();
        fs_err::write(std::path::Path::new(&directory).join(name), picture).unwrap();
    }
}

#[test]
#[ignore = "needs chromium"]
fn tools_the_page_shows_a_host_in_a_browser() {
    let world = world();
    let server = ApiServer::start(&world);
    let mut browser = Browser::start(world.path());
    browser.prefer("light");
    browser.open(&format!("{}/", server.url()));
    let enter = format!(
        "document.getElementById('token').value = '{}'; document.querySelector('#enter button').click(); true",
        server.read_token()
    );
    browser.evaluate(&enter);
    browser.wait_for("document.querySelector('td a')?.textContent === 'flows'");
    keep(&mut browser, "packs.png");
    browser.evaluate("document.querySelector('td a').click(); true");
    browser.wait_for(
        "[...document.querySelectorAll('summary')].some(one => one.textContent.includes('flows.deploy'))",
    );
    browser.evaluate(
        "[...document.querySelectorAll('summary')].filter(one => one.textContent.includes('flows.deploy')).at(-1).click(); true",
    );
    browser.wait_for("document.querySelectorAll('svg.workflow .name').length === 3");
    let named = browser.evaluate("document.querySelector('svg.workflow > title').textContent");
    assert_eq!(named, "flows.deploy");
    // It is as broad as its boxes, and has the colours of the page in both modes.
    let ground = "getComputedStyle(document.querySelector('svg.workflow .ground')).fill";
    let (body, light) = ("getComputedStyle(document.body).backgroundColor", browser.evaluate(ground));
    assert_eq!(light, browser.evaluate(body));
    keep(&mut browser, "light.png");
    browser.prefer("dark");
    let dark = browser.evaluate(ground);
    assert!(dark != light && dark == browser.evaluate(body), "{light} {dark}");
    keep(&mut browser, "dark.png");
    let dashed = browser
        .evaluate("getComputedStyle(document.querySelector('svg.workflow g.failed .line')).strokeDasharray");
    assert_ne!(dashed, "none");
    for part in ["history", "health"] {
        browser.evaluate(&format!("location.hash = '#/{part}'; true"));
        browser.wait_for(&format!("document.querySelector('nav a[aria-current=page]')?.hash === '#/{part}'"));
        browser.wait_for("document.querySelector('#view h2') !== null");
        keep(&mut browser, &format!("{part}.png"));
    }
    browser.open(&format!("{}/docs/", server.url()));
    browser.wait_for("document.querySelectorAll('.opblock').length > 10");
    keep(&mut browser, "docs.png");
    let own = |url: &&String| !url.starts_with(server.url()) && !url.starts_with("data:");
    let elsewhere: Vec<&String> =
        browser.requests.iter().filter(own).filter(|url| *url != "about:blank").collect();
    assert!(elsewhere.is_empty() && browser.requests.len() > 10, "{elsewhere:?}");
    assert_eq!(browser.told, Vec::<String>::new());
    assert_eq!(
        browser.evaluate("document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)"),
        ""
    );
}

#[test]
#[ignore = "needs chromium"]
fn tools_a_wrong_token_lets_nobody_in() {
    let world = world();
    let server = ApiServer::start(&world);
    let mut browser = Browser::start(world.path());
    browser.open(&format!("{}/", server.url()));
    browser.evaluate("document.getElementById('token').value = 'wrong'; document.querySelector('#enter button').click(); true");
    browser.wait_for("document.getElementById('told').textContent.includes('Invalid authentication token')");
    assert_eq!(browser.evaluate("document.querySelector('nav').hidden"), true);
}
