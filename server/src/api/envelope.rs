//! The shapes of what is answered: `{data, message?}` and `{items, pagination}`.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// The number of items of a page, unless another is asked for.
const PAGE_SIZE: usize = 50;
/// The largest number of items of a page.
const MOST_ITEMS: usize = 100;

/// One thing.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DataOf{T}")]
pub(super) struct Data<T> {
    /// The thing.
    pub(super) data: T,
    /// What was done, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

impl<T> Data<T> {
    pub(super) const fn of(data: T) -> Self {
        Self { data, message: None }
    }
}

/// A page of things.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(super) struct List<T> {
    /// The things of this page.
    pub(super) items: Vec<T>,
    /// The place of this page among all.
    pub(super) pagination: Pagination,
}

/// The place of a page among all.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Pagination {
    /// Its number, from 1.
    page: usize,
    /// The most items of a page.
    page_size: usize,
    /// The number of all items.
    total_items: usize,
    /// The number of pages.
    total_pages: usize,
    /// Whether there is a page before it.
    has_previous: bool,
    /// Whether there is a page after it.
    has_next: bool,
}

/// The page that is asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct PageQuery {
    /// The number of the page, from 1.
    #[schemars(range(min = 1))]
    pub(super) page: Option<usize>,
    /// The number of items of a page: 50, and at most 100.
    #[serde(alias = "per_page", alias = "limit")]
    #[schemars(range(min = 1))]
    pub(super) page_size: Option<usize>,
}

impl PageQuery {
    /// The page that is asked for of `all`.
    pub(super) fn of<'a, T>(&self, all: &'a [T]) -> Result<(&'a [T], Pagination), ApiError> {
        let (page, size) = (self.page.unwrap_or(1), self.page_size.unwrap_or(PAGE_SIZE));
        if page == 0 || size == 0 {
            return Err(ApiError::bad_request("`page` and `page_size` begin at 1"));
        }
        let size = size.min(MOST_ITEMS);
        let start = page.saturating_sub(1).saturating_mul(size).min(all.len());
        let end = start.saturating_add(size).min(all.len());
        let total_pages = all.len().div_ceil(size);
        let pagination = Pagination {
            page,
            page_size: size,
            total_items: all.len(),
            total_pages,
            has_previous: page > 1,
            has_next: page < total_pages,
        };
        Ok((&all[start..end], pagination))
    }
}

/// An answer in JSON.
#[derive(Debug)]
pub(super) struct Reply<T>(pub(super) StatusCode, pub(super) T);

impl<T> Reply<T> {
    pub(super) const fn ok(body: T) -> Self {
        Self(StatusCode::OK, body)
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response<Body> {
        let Ok(text) = serde_json::to_vec(&self.1) else {
            return ApiError::internal("the answer cannot be written as JSON").into_response();
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = self.0;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(page: usize, page_size: usize, of: usize) -> (Vec<usize>, Pagination) {
        let all: Vec<usize> = (0..of).collect();
        let query = PageQuery { page: Some(page), page_size: Some(page_size) };
        let (items, pagination) = query.of(&all).unwrap();
        (items.to_vec(), pagination)
    }

    #[test]
    fn pages_divide_all_items() {
        let (items, pagination) = page(2, 2, 5);
        assert_eq!(items, [2, 3]);
        let expected = Pagination {
            page: 2,
            page_size: 2,
            total_items: 5,
            total_pages: 3,
            has_previous: true,
            has_next: true,
        };
        assert_eq!(pagination, expected);
        assert_eq!(page(3, 2, 5).0, [4]);
        assert!(!page(3, 2, 5).1.has_next);
        assert_eq!(page(1, 1000, 300).0.len(), MOST_ITEMS);
    }

    #[test]
    fn pages_beyond_the_last_are_empty() {
        for number in [4, usize::MAX] {
            assert_eq!(page(number, 2, 5).0, [0; 0], "{number}");
        }
        assert_eq!(page(1, 50, 0).0, [0; 0]);
        assert!(PageQuery { page: Some(0), page_size: None }.of(&[1]).is_err());
        assert!(PageQuery { page: None, page_size: Some(0) }.of(&[1]).is_err());
    }
}
