#!/usr/bin/perl
# An agent that speaks versions 1 and 2 of the Agent Client Protocol, with as much JSON as the tests need.
use strict;
use warnings;
$| = 1;

my ($version, $offer, $cwd, $servers, $hanging) = (1, '', '', 0, undef);

sub answer { print qq({"jsonrpc":"2.0","id":$_[0],"result":$_[1]}\n) }

sub update {
    print qq({"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":$_[0]}}\n);
}

sub chunk {
    (my $text = $_[0]) =~ s/(["\\])/\\$1/g;
    my $message = $version == 2 ? q("messageId":"m",) : '';
    update(qq({"sessionUpdate":"agent_message_chunk",$message"content":{"type":"text","text":"$text"}}));
}

# Ends a turn.
sub stop {
    my ($id, $reason) = @_;
    return answer($id, qq({"stopReason":"$reason"})) if $version == 1;
    update(qq({"sessionUpdate":"state_update","state":"idle","stopReason":"$reason"}));
}

# Asks the editor to act on the host, and returns the answer.
sub ask {
    my ($id, $method, $params) = @_;
    print qq({"jsonrpc":"2.0","id":"$id","method":"$method","params":{"sessionId":"s",$params}}\n);
    return scalar <STDIN>;
}

sub prompt {
    my ($id, $text, $line) = @_;
    answer($id, '{"messageId":"u"}') if $version == 2;
    if ($text eq 'report') {
        my ($uri) = $line =~ /"uri":"([^"]*)"/;
        chunk("cwd=$cwd uri=" . ($uri // '') . " servers=$servers offer=$offer");
    } elsif ($text eq 'edit') {
        open(my $file, '>', "$cwd/edited") or die;
        print $file "by the agent\n";
        close $file;
        my $diff = $version == 1
            ? qq({"type":"diff","path":"$cwd/edited","newText":"x"},{"type":"diff","path":"/tmp/outside","newText":"y"})
            : qq({"type":"diff","changes":[{"operation":"add","path":"$cwd/edited"},{"operation":"add","path":"/tmp/outside"}]});
        my $kind = $version == 1 ? 'tool_call' : 'tool_call_update';
        update(qq({"sessionUpdate":"$kind","toolCallId":"t","title":"edit","locations":[{"path":"$cwd/edited"},{"path":"/etc/passwd"}],"content":[$diff]}));
    } elsif ($text eq 'host') {
        chunk(join ' ', map { /"code":(-?\d+)/ ? $1 : 'done' } (
            ask('a', 'fs/read_text_file', qq("path":"$cwd/README")),
            ask('b', 'fs/write_text_file', qq("path":"$cwd/README","content":"x")),
            ask('c', 'terminal/create', q("command":"touch","args":["ran"])),
        ));
    } elsif ($text eq 'big') {
        chunk("\xc3\xa9" x (5 << 20));
    } elsif ($text eq 'hang') {
        $hanging = $id;
        return chunk('hanging');
    } elsif ($text eq 'exit') {
        exit 7;
    } elsif ($text eq 'deaf') {
        $SIG{HUP} = $SIG{TERM} = 'DEFAULT';
        chunk('deaf');
        sleep 1000;
    } else {
        chunk(length($text));
    }
    stop($id, 'end_turn');
}

print "this is no message\n";
print STDERR "a log line\n";
while (my $line = <STDIN>) {
    my ($id) = $line =~ /"id":("[^"]*"|\d+)/;
    my ($method) = $line =~ /"method":"([^"]*)"/;
    next unless defined $method;
    if ($method eq 'initialize') {
        ($version) = $line =~ /"protocolVersion":(\d+)/;
        ($offer) = $line =~ /"(?:clientCapabilities|capabilities)":(.*)\}/;
        my $methods = q([{"id":"t","methodId":"t","name":"T","type":"terminal","args":["x"]}]);
        answer($id, $version == 1
            ? qq({"protocolVersion":1,"agentCapabilities":{},"authMethods":$methods})
            : qq({"protocolVersion":2,"info":{"name":"mock","version":"1"},"capabilities":{"session":{}},"authMethods":$methods}));
    } elsif ($method eq 'session/new') {
        ($cwd) = $line =~ /"cwd":"([^"]*)"/;
        $servers = () = $line =~ /"name":/g;
        answer($id, '{"sessionId":"s"}');
    } elsif ($method eq 'session/prompt') {
        my ($text) = $line =~ /"text":"([^"]*)"/;
        prompt($id, $text // '', $line);
    } elsif ($method eq 'session/cancel') {
        stop($hanging, 'cancelled') if defined $hanging;
    }
}
