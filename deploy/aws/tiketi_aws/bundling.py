"""Lambda code with its dependencies, bundled by this machine's pip instead of a container."""

import shutil
import subprocess
import sys
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).parents[1]


@jsii.implements(ILocalBundling)
class _Pip:
    def __init__(self, source: Path) -> None:
        self._source = source

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        subprocess.run(  # noqa: S603  fixed arguments
            [
                sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps",
                "--target", output_dir, "--requirement", str(self._source / "requirements.txt"),
            ],
            check=True,
        )  # fmt: skip
        shutil.copy(self._source / "handler.py", output_dir)
        return True


def bundled(folder: str) -> lambda_.Code:
    """The code of `folder`: its handler.py and what its requirements.txt pins."""
    source = ROOT / folder
    return lambda_.Code.from_asset(
        str(source),
        asset_hash_type=AssetHashType.SOURCE,
        bundling=BundlingOptions(image=DockerImage.from_registry("unused"), local=_Pip(source)),
    )
