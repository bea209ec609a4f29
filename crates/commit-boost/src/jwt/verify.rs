use alloy_primitives::B256;

use super::{AdminClaims, JwtError, ModuleClaims, payload_hash, token::verify_signature};
use crate::Secret;

/// Seconds by which the clocks of both sides may differ.
pub const LEEWAY_S: u64 = 10;

/// Whether `token` is `module`'s, for this route and this body, at `now_s` (Unix seconds).
///
/// # Errors
/// What does not fit.
pub fn verify_module(
    token: &str,
    secret: &Secret,
    module: &str,
    route: &str,
    body: &[u8],
    now_s: u64,
) -> Result<(), JwtError> {
    let claims: ModuleClaims = verify_signature(token, secret)?;
    if claims.module != module {
        return Err(JwtError::Module {
            expected: module.to_owned(),
            got: claims.module,
        });
    }
    bound(
        claims.exp,
        &claims.route,
        claims.payload_hash,
        route,
        body,
        now_s,
    )
}

/// Whether `token` is the operator's, for this route and this body, at `now_s` (Unix seconds).
///
/// # Errors
/// What does not fit.
pub fn verify_admin(
    token: &str,
    secret: &Secret,
    route: &str,
    body: &[u8],
    now_s: u64,
) -> Result<(), JwtError> {
    let claims: AdminClaims = verify_signature(token, secret)?;
    if !claims.admin {
        return Err(JwtError::NotAdmin);
    }
    bound(
        claims.exp,
        &claims.route,
        claims.payload_hash,
        route,
        body,
        now_s,
    )
}

fn bound(
    exp_s: u64,
    got_route: &str,
    got_hash: Option<B256>,
    route: &str,
    body: &[u8],
    now_s: u64,
) -> Result<(), JwtError> {
    if exp_s.saturating_add(LEEWAY_S) < now_s {
        return Err(JwtError::Expired { exp_s, now_s });
    }
    if got_route != route {
        return Err(JwtError::Route {
            expected: route.to_owned(),
            got: got_route.chars().take(128).collect(),
        });
    }
    let expected = payload_hash(body);
    if got_hash != expected {
        return Err(JwtError::Payload {
            expected,
            got: got_hash,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::{LIFETIME_S, sign};

    const BODY: &[u8] = br#"{"pubkey":"0x00"}"#;
    const ROUTE: &str = "/signer/v1/request_signature/bls";
    const NOW_S: u64 = 1_800_000_000;

    fn secret() -> Secret {
        Secret::new("module secret".into())
    }

    fn check(claims: &ModuleClaims, body: &[u8], now_s: u64) -> Result<(), JwtError> {
        verify_module(
            &sign(claims, &secret()).unwrap(),
            &secret(),
            "A",
            ROUTE,
            body,
            now_s,
        )
    }

    #[test]
    fn a_token_is_good_for_its_module_route_and_body() {
        let claims = ModuleClaims::new("A", ROUTE, BODY, NOW_S);
        assert_eq!(check(&claims, BODY, NOW_S), Ok(()));
        let without_body = ModuleClaims::new("A", ROUTE, b"", NOW_S);
        assert_eq!(without_body.payload_hash, None);
        assert_eq!(check(&without_body, b"", NOW_S), Ok(()));
    }

    #[test]
    fn wrong_missing_and_extra_payload_hashes_are_refused() {
        let claims = ModuleClaims::new("A", ROUTE, BODY, NOW_S);
        let missing = ModuleClaims {
            payload_hash: None,
            ..claims.clone()
        };
        for (claims, body) in [(&claims, &b"{}"[..]), (&missing, BODY), (&claims, b"")] {
            assert!(matches!(
                check(claims, body, NOW_S),
                Err(JwtError::Payload { .. })
            ));
        }
    }

    #[test]
    fn another_route_or_module_is_refused() {
        let claims = ModuleClaims::new("A", ROUTE, BODY, NOW_S);
        let route = ModuleClaims {
            route: format!("{ROUTE}/"),
            ..claims.clone()
        };
        assert!(matches!(
            check(&route, BODY, NOW_S),
            Err(JwtError::Route { .. })
        ));
        let module = ModuleClaims {
            module: "B".into(),
            ..claims
        };
        assert!(matches!(
            check(&module, BODY, NOW_S),
            Err(JwtError::Module { .. })
        ));
    }

    #[test]
    fn a_token_ends_after_its_time_and_the_leeway() {
        let claims = ModuleClaims::new("A", ROUTE, BODY, NOW_S);
        let end = NOW_S + LIFETIME_S + LEEWAY_S;
        assert_eq!(check(&claims, BODY, end), Ok(()));
        assert!(matches!(
            check(&claims, BODY, end + 1),
            Err(JwtError::Expired { .. })
        ));
        let endless = ModuleClaims {
            exp: u64::MAX,
            ..claims
        };
        assert_eq!(check(&endless, BODY, NOW_S), Ok(()));
    }

    #[test]
    fn a_modules_token_opens_no_admin_route_and_the_other_way_round() {
        let module = sign(&ModuleClaims::new("A", "/reload", b"{}", NOW_S), &secret()).unwrap();
        assert!(verify_admin(&module, &secret(), "/reload", b"{}", NOW_S).is_err());
        let claims = AdminClaims::new("/reload", b"{}", NOW_S);
        let admin = sign(&claims, &secret()).unwrap();
        assert_eq!(
            verify_admin(&admin, &secret(), "/reload", b"{}", NOW_S),
            Ok(())
        );
        assert!(verify_module(&admin, &secret(), "A", "/reload", b"{}", NOW_S).is_err());
        let denied = sign(
            &AdminClaims {
                admin: false,
                ..claims
            },
            &secret(),
        )
        .unwrap();
        assert_eq!(
            verify_admin(&denied, &secret(), "/reload", b"{}", NOW_S),
            Err(JwtError::NotAdmin)
        );
    }
}
