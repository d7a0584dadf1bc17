"""Files as Kubernetes mounts a ConfigMap or a Secret: every name is a link into `..data`, which is a
link to the present generation, and is replaced by a rename."""

import shutil


def mount(directory, generation, files):
    """The first generation, and the links that stay."""
    project(directory, generation, files)
    for name in files:
        directory.joinpath(name).symlink_to(f"..data/{name}")


def project(directory, generation, files):
    """The next generation takes the place of the one before, which goes."""
    data = directory / "..data"
    before = data.resolve() if data.is_symlink() else None
    directory.joinpath(generation).mkdir()
    for name, text in files.items():
        directory.joinpath(generation, name).write_text(text)
    directory.joinpath("..data_tmp").symlink_to(generation)
    directory.joinpath("..data_tmp").rename(data)
    if before:
        shutil.rmtree(before)
