//! [`Connections`] by API Gateway's callback.

use async_trait::async_trait;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use docmill_core::ports::{Connections, PortResult, Posted};

use crate::errors;

/// The open connections of one WebSocket API.
#[derive(Clone, Debug)]
pub struct GatewayConnections {
    client: Client,
}

impl GatewayConnections {
    /// The connections behind `client`'s endpoint.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Connections for GatewayConnections {
    async fn post(&self, connection: &str, frame: &str) -> PortResult<Posted> {
        let request = self.client.post_to_connection().connection_id(connection);
        match request.data(Blob::new(frame)).send().await {
            Ok(_) => Ok(Posted::Sent),
            Err(error) => match error.as_service_error() {
                Some(PostToConnectionError::GoneException(_)) => Ok(Posted::Gone),
                _ if errors::status_of(&error) == Some(410) => Ok(Posted::Gone),
                _ => Err(errors::live(error)),
            },
        }
    }
}
