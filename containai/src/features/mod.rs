//! Features of a `devcontainer.json`: from identifiers to files that an image build installs.
//!
//! A download needs the user's approval, which pins the digest of each feature; without it nothing
//! is requested from the network. What was downloaded once is kept by its digest.

mod cache;
mod fetch;
mod layer;
mod pins;
mod resolve;
mod review;
#[cfg(test)]
mod tests;

pub(crate) use layer::{FeatureInputs, feature_layer};
pub(crate) use pins::FeaturePins;
pub(crate) use resolve::{FeatureSet, resolve};
pub(crate) use review::FeatureReview;
