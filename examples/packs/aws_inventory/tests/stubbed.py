"""Clients whose answers are queued, and checked against the service models of botocore."""

import boto3
from botocore.stub import Stubber


class Stubbed:
    """Real clients over queued answers; `client_for` is what the actions take."""

    def __init__(self, service):
        self.service = service
        self.client = boto3.client(
            service,
            region_name="eu-central-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self.stub = Stubber(self.client)

    def __enter__(self):
        self.stub.activate()
        return self

    def __exit__(self, kind, *_):
        self.stub.deactivate()
        if kind is None:
            self.stub.assert_no_pending_responses()

    def client_for(self, service):
        assert service == self.service, service
        return self.client

    def answer(self, operation, response, expected=None):
        self.stub.add_response(operation, response, expected)

    def refuse(self, operation, code, expected=None):
        self.stub.add_client_error(operation, code, "said so", 403, expected_params=expected)
