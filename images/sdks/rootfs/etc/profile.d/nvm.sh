# nvm is a shell function for interactive use; programs find Node on the path.
case $- in
    *i*) [ ! -s "${NVM_DIR:-/opt/nvm}/nvm.sh" ] || . "${NVM_DIR:-/opt/nvm}/nvm.sh" --no-use ;;
esac
