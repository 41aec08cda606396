//! `attune-serve token`, and the server's file of tokens.

use std::os::unix::fs::PermissionsExt as _;

use attune_tests::binaries::Binary;
use attune_tests::machines::api_server::{make_token, tokens};
use attune_tests::{Run, World};
use serde_json::Value;

fn token(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Serve);
    command.arg("token").args(arguments).arg("--tokens").arg(tokens(world));
    Run::of(command)
}

fn serve(world: &World) -> Run {
    let mut command = world.command(Binary::Serve);
    command.args(["host", "--listen", "127.0.0.1:0", "--tokens"]).arg(tokens(world));
    command.arg("--root").arg(world.root());
    Run::of(command)
}

#[test]
fn a_token_is_shown_once_and_kept_as_a_hash() {
    let world = World::new();
    let made = token(&world, &["create", "ci", "--scope", "write", "--json"]).succeeds();
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let text = made["token"].as_str().unwrap();
    let secret = text.rsplit('_').next().unwrap();
    let kept = fs_err::read_to_string(tokens(&world)).unwrap();
    assert!(!kept.contains(secret), "{kept}");
    assert_eq!(fs_err::metadata(tokens(&world)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!((&made["scope"], &made["state"]), (&"write".into(), &"active".into()));
    let listed = token(&world, &["list"]).succeeds().stdout;
    assert!(listed.contains("ci") && listed.contains("write") && !listed.contains(secret), "{listed}");
    token(&world, &["revoke", "ci"]).succeeds();
    assert!(token(&world, &["list"]).succeeds().stdout.contains("revoked"));
    token(&world, &["create", "ci", "--expires", "any"]).succeeds();
    assert!(token(&world, &["list"]).succeeds().stdout.contains("never"));
}

#[test]
fn a_name_that_is_taken_or_unknown_is_refused() {
    let world = World::new();
    make_token(&world, "ci", "read");
    let before = fs_err::read(tokens(&world)).unwrap();
    token(&world, &["create", "ci"]).fails(2, &["[G014]", "there is a token `ci` already"]).with_hint();
    token(&world, &["revoke", "cd"]).fails(2, &["[G015]", "there is no token `cd`"]).with_hint();
    assert_eq!(fs_err::read(tokens(&world)).unwrap(), before);
    token(&world, &["create", "x", "--expires", "soon"]).fails(2, &["not a duration"]);
}

#[test]
fn a_file_of_tokens_that_cannot_be_trusted_is_refused() {
    let world = World::new();
    fs_err::create_dir_all(world.root()).unwrap();
    serve(&world).fails(1, &["[G011]", "there is no file of tokens"]).with_hint();
    token(&world, &["list"]).fails(1, &["[G011]"]).with_hint();
    make_token(&world, "ci", "read");
    fs_err::set_permissions(tokens(&world), std::fs::Permissions::from_mode(0o620)).unwrap();
    serve(&world).fails(1, &["[G013]", "may be written by others"]).with_hint();
    for text in
        ["", "{", "{\"format\": \"attune.tokens/v2\", \"tokens\": []}", "{\"format\": \"attune.tokens/v1\"}"]
    {
        fs_err::remove_file(tokens(&world)).unwrap();
        fs_err::write(tokens(&world), text).unwrap();
        fs_err::set_permissions(tokens(&world), std::fs::Permissions::from_mode(0o600)).unwrap();
        serve(&world).fails(1, &["[G012]"]).with_hint();
        token(&world, &["create", "cd"]).fails(1, &["[G012]"]);
        assert_eq!(fs_err::read_to_string(tokens(&world)).unwrap(), text);
    }
    fs_err::remove_file(tokens(&world)).unwrap();
    fs_err::create_dir(tokens(&world)).unwrap();
    token(&world, &["list"]).fails(1, &["[G016]"]);
}

#[test]
fn a_root_that_does_not_exist_is_told() {
    let world = World::new();
    make_token(&world, "ci", "read");
    serve(&world).fails(1, &["[G018]", "there is no installed host"]).with_hint();
    fs_err::create_dir_all(world.root()).unwrap();
    let mut command = world.command(Binary::Serve);
    command.args(["host", "--allow-directory", "/nowhere", "--tokens"]).arg(tokens(&world));
    command.arg("--root").arg(world.root());
    Run::of(command).fails(1, &["[G001]", "`--allow-directory` cannot be used", "/nowhere"]).with_hint();
}
