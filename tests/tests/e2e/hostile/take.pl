# take.pl WHAT MOST HOLD: takes up to MOST resources of a kind, prints how many it got, and holds
# them for HOLD seconds. Numbers of system calls are in the order x86_64, aarch64.
use strict; use warnings; use POSIX ();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC);
my ($what, $most, $hold) = @ARGV;
my %calls = (
    keys => [248, 217], inotify => [294, 26], queue => [129, 138], send => [46, 211],
);
my $column = (POSIX::uname())[4] eq 'aarch64' ? 1 : 0;
my $call = sub { $calls{$_[0]}[$column] };
my @held;
# Converts the number, which would be passed as a string.
my $me = 0 + $$;
my %one = (
    keys => sub {
        my ($type, $name, $value) = ('user', "taken-$_[0]", 'x');
        syscall($call->('keys'), $type, $name, $value, 1, -4) >= 0;
    },
    inotify => sub { syscall($call->('inotify'), 0) >= 0 },
    # A blocked real-time signal, so that every one of them stays pending.
    signals => sub {
        my $info = pack('lll x116', 40, 0, -1);
        syscall($call->('queue'), $me, 40, $info) >= 0;
    },
    # Descriptors that are sent and never received.
    descriptors => sub {
        socketpair(my $here, my $there, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or return 0;
        my $data = 'x';
        my $part = pack('PQ', $data, 1);
        my $control = pack('QllL100', 416, 1, 1, (0) x 100);
        my $message = pack('QQPQPQQ', 0, 0, $part, 1, $control, length $control, 0);
        push @held, $here, $there;
        syscall($call->('send'), fileno($here), $message, 0) >= 0;
    },
    processes => sub {
        my $child = fork;
        return 0 unless defined $child;
        if ($child == 0) { sleep $hold; POSIX::_exit(0) }
        return 1;
    },
);
if ($what eq 'signals') {
    POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new(40));
}
my $count = 0;
while ($count < $most and $one{$what}->($count)) { $count++ }
$| = 1;
print "$count\n";
sleep $hold;
