//! The description of the API (`OpenAPI` 3.1), put together from the routes and the schemas of their types.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::access::Access;
use super::error::ErrorBody;
use super::route::Route;
use super::routes::routes;
use crate::tokens::Scope;

/// The name under which the description has tokens.
const BEARER: &str = "bearer";

/// The description of the API.
pub fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    // What is sent, and what is received: a field with a default is always in the one, and need not be in the other.
    let mut sent = settings.clone().for_serialize().into_generator();
    let mut received = settings.into_generator();
    let error = sent.subschema_for::<ErrorBody>();
    let mut paths = Map::new();
    for route in routes() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = operation(&route, &error, (&mut sent, &mut received));
    }
    let mut schemas = sent.take_definitions(true);
    schemas.extend(received.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Attune Pack API of an installed host",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The packs that are installed on this host, and changes of them.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { BEARER: { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(
    route: &Route,
    error: &schemars::Schema,
    (sent, received): (&mut SchemaGenerator, &mut SchemaGenerator),
) -> Value {
    let mut responses = Map::new();
    let (status, answer) = route.answer;
    let schema = answer(sent);
    responses.insert(status.as_str().to_owned(), response("The answer", &schema));
    for status in failures(route) {
        let told = status.canonical_reason().unwrap_or("An error");
        responses.insert(status.as_str().to_owned(), response(told, error));
    }
    let mut operation = json!({
        "tags": [route.subject],
        "summary": route.summary,
        "operationId": format!("{} {}", route.method, route.path),
        "parameters": parameters(route),
        "responses": responses,
    });
    if let Access::Token(scope) = route.access {
        operation["security"] = json!([{ BEARER: [scope.as_str()] }]);
    }
    if let Some((media_type, body)) = route.body {
        let content = json!({ media_type: { "schema": body(received) } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

fn response(told: &str, schema: &schemars::Schema) -> Value {
    json!({ "description": told, "content": { "application/json": { "schema": schema } } })
}

/// The failures of a route: its own, those of its path, and those of its token.
fn failures(route: &Route) -> Vec<StatusCode> {
    let mut failures = route.failures.to_vec();
    if route.path.contains('{') {
        failures.push(StatusCode::NOT_FOUND);
    }
    if let Access::Token(scope) = route.access {
        failures.extend([StatusCode::UNAUTHORIZED, StatusCode::INTERNAL_SERVER_ERROR]);
        if scope == Scope::Write {
            failures.push(StatusCode::FORBIDDEN);
        }
    }
    if route.body.is_some() {
        failures.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    failures
}

/// The parameters of a route: the parts of its path, and its query.
fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let schema = route.query.map(|query| query(&mut SchemaGenerator::default()).to_value());
    let properties = schema.as_ref().and_then(|schema| schema["properties"].as_object());
    let in_query = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| json!({ "name": name, "in": "query", "required": false, "schema": schema }));
    in_path.chain(in_query).collect()
}

/// `GET /openapi.json`
pub(super) async fn serve() -> Response<Body> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| description().to_string());
    let mut response = Response::new(Body::from(text.as_str()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
