if ! command -v relctl >/dev/null; then
  [ -n "$RELCTL_SOURCE" ] || {
    echo "RELCTL_SOURCE must be the git URL of the source of relctl"
    exit 1
  }
  as_root=
  [ "$(id -u)" -eq 0 ] || as_root=sudo
  command -v git >/dev/null || {
    $as_root apt-get -q update
    $as_root apt-get -q -y install --no-install-recommends ca-certificates git
  }
  url=$(printf %s "$RELCTL_SOURCE" | cut -d '#' -f 1)
  revision=$(printf %s "$RELCTL_SOURCE" | cut -s -d '#' -f 2)
  [ -n "$revision" ] || revision=HEAD
  source=$(mktemp -d)
  git init -q "$source"
  git -C "$source" fetch -q --depth 1 "$url" "$revision"
  git -C "$source" checkout -q FETCH_HEAD
  "$source/dev" setup
  $as_root cmake --install "$source/build/release" --prefix /usr/local
fi
relctl --version
