//! Authentication at a registry.

use containai_core::naming::ArtifactReference;
use hyper::header::WWW_AUTHENTICATE;
use serde::Deserialize;

use super::challenge::AuthChallenge;
use super::connection::WebConnector;
use super::credentials::RegistryCredentials;
use super::error::DownloadFailure;
use super::http::{WebAnswer, WebRequest, send};
use super::url::{WebScheme, WebUrl};

/// The maximum size of a token's answer in bytes.
const MAX_ANSWER: u64 = 1 << 20;

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

/// Returns the value of `Authorization` for a repository, as the registry asked for it; secret.
///
/// Only the scope of this repository is requested, even if the registry names another one. The token
/// server is asked without encryption only if the registry itself is on this machine: others could
/// name a service of the local network.
pub(super) async fn authorize(
    connector: &WebConnector,
    refusal: &WebAnswer,
    reference: &ArtifactReference,
    credentials: Option<&RegistryCredentials>,
) -> Result<String, DownloadFailure> {
    let registry = &refusal.url;
    let server = registry.authority();
    let unauthorized = || DownloadFailure::Unauthorized { server: server.clone() };
    let unsupported = || DownloadFailure::UnsupportedAuthentication { server: server.clone() };
    let mut headers = refusal.headers.get_all(WWW_AUTHENTICATE).iter();
    let challenge = headers.find_map(|header| AuthChallenge::parse(header.to_str().ok()?));
    let (realm, service) = match challenge {
        None if refusal.headers.contains_key(WWW_AUTHENTICATE) => return Err(unsupported()),
        None => return Err(unauthorized()),
        Some(AuthChallenge::Basic) => {
            return match credentials {
                Some(RegistryCredentials::Password(basic)) => Ok(basic.clone()),
                _ => Err(unauthorized()),
            };
        }
        Some(AuthChallenge::Bearer { realm, service }) => (realm, service),
    };
    let realm = WebUrl::parse(&realm)
        .filter(|realm| realm.scheme() == WebScheme::Https || registry.is_loopback())
        .ok_or_else(unsupported)?;
    let scope = format!("repository:{}:pull", reference.repository());
    let mut answer = request_token(connector, &realm, &service, &scope, credentials).await?;
    if matches!(answer.status, 400 | 401 | 403) && credentials.is_some() {
        // An expired login must not hide a public artifact.
        answer = request_token(connector, &realm, &service, &scope, None).await?;
    }
    match answer.status {
        200..=299 => {}
        401 | 403 => return Err(unauthorized()),
        status => return Err(DownloadFailure::Status { server: realm.authority(), status }),
    }
    let token: Option<TokenAnswer> = serde_json::from_slice(&answer.content).ok();
    let token = token.and_then(|answer| answer.token.or(answer.access_token));
    token.map(|token| format!("Bearer {token}")).ok_or_else(unsupported)
}

async fn request_token(
    connector: &WebConnector,
    realm: &WebUrl,
    service: &str,
    scope: &str,
    credentials: Option<&RegistryCredentials>,
) -> Result<WebAnswer, DownloadFailure> {
    let mut request = WebRequest {
        accept: "application/json",
        authorization: None,
        form: None,
        limit: MAX_ANSWER,
    };
    let form;
    let url = match credentials {
        Some(RegistryCredentials::IdentityToken(token)) => {
            let parameters = realm.with_query(&[
                ("grant_type", "refresh_token"),
                ("client_id", "containai"),
                ("service", service),
                ("scope", scope),
                ("refresh_token", token),
            ]);
            let query = parameters.path().strip_prefix(realm.path()).unwrap_or_default();
            form = query[1..].to_owned();
            request.form = Some(&form);
            realm.clone()
        }
        credentials => {
            if let Some(RegistryCredentials::Password(basic)) = credentials {
                request.authorization = Some(basic);
            }
            let named: &[(&str, &str)] = match service {
                "" => &[],
                service => &[("service", service)],
            };
            realm.with_query(named).with_query(&[("scope", scope)])
        }
    };
    send(connector, &url, request).await
}
