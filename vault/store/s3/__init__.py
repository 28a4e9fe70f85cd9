"""The store that is a bucket of an S3 service: Ceph's gateway, AWS, MinIO.

Everything that speaks S3 is here, through the `minio` client; nobody outside `vault.store` imports it.
Start at `bucket`.
"""
