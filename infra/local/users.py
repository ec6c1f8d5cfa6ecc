"""Users of the local stack's Cognito pool."""

import secrets

from botocore.exceptions import ClientError

from aws import client

DEMO_USER = "demo@docmill.test"
DEMO_OPERATOR = "operator@docmill.test"
OPERATORS = "operators"


def new_password():
    # The three prefixed characters satisfy the pool's policy whatever the random part is.
    return "Aa1" + secrets.token_urlsafe(18)


def sign_in(pool, app, email, password, company=None, group=None):
    """Makes the user if need be, sets the password, puts them in the group and returns an ID token."""
    cognito = client("cognito-idp")
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    if company:
        attributes.append({"Name": "custom:company", "Value": company})
    try:
        cognito.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS")
    except ClientError as error:
        if error.response["Error"]["Code"] != "UsernameExistsException":
            raise
        cognito.admin_update_user_attributes(UserPoolId=pool, Username=email, UserAttributes=attributes)
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
    if group:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
    answer = cognito.initiate_auth(
        ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": email, "PASSWORD": password})
    return answer["AuthenticationResult"]["IdToken"]
