"""Clients that can reach the local stack only: address and credentials are given, never looked up."""

import functools

import boto3
from botocore.config import Config

from settings import ENDPOINT, REGION

CONFIG = Config(
    retries={"total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=60,
    s3={"addressing_style": "path"},
    max_pool_connections=16,
)


@functools.cache
def session():
    return boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


@functools.cache
def client(service):
    return session().client(service, endpoint_url=ENDPOINT, config=CONFIG)
