using System.Diagnostics;
using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Clients.Redis;
using Sidecar.Components;
using Answer = DaprShop.Tests.Clients.ScriptedRedis.Answer;

namespace DaprShop.Tests.Clients;

public sealed class RedisClientTests
{
    [Fact]
    public async Task Execute_ManyAtOnce_EachGetsItsOwnReply()
    {
        await using var server = new ScriptedRedis((_, words) => new Answer($"${words[1].Length}\r\n{words[1]}\r\n"));
        await using var client = ClientOf(server);

        var replies = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(n => Task.Run(() =>
            client.ExecuteAsync(RedisCommand.Of("ECHO", Number(n)), default))));

        Assert.Equal(Enumerable.Range(0, 2_000).Select(Number), replies.Select(reply => reply.Text));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task SendTogether_AmongOtherCallers_StaysTogether()
    {
        var seen = new List<string>();
        await using var server = new ScriptedRedis((_, words) =>
        {
            seen.Add(words[1]);
            return new Answer("+OK\r\n");
        });
        await using var client = ClientOf(server);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Task.Run(() => client.SendAsync(
            [RedisCommand.Of("ECHO", $"{n}a"), RedisCommand.Of("ECHO", $"{n}b"), RedisCommand.Of("ECHO", $"{n}c")], default))));

        var starts = seen.Chunk(3).ToList();
        Assert.Equal(200, starts.Count);
        Assert.All(starts, three => Assert.Equal([three[0], three[0][..^1] + "b", three[0][..^1] + "c"], three));
    }

    [Fact]
    public async Task Execute_AnswerLost_IsSentAgainOnANewConnection()
    {
        await using var server = new ScriptedRedis((connection, _) => connection == 1 ? Answer.Close : new Answer(":7\r\n"));
        await using var client = ClientOf(server);

        var reply = await client.ExecuteAsync(RedisCommand.Of("INCR", "n"), default);

        Assert.Equal((7, 2), (reply.Integer, server.Connections));
    }

    [Theory]
    [InlineData("$5\r\nab")]
    [InlineData("*2\r\n:1\r\n")]
    public async Task Execute_CutInTheMiddleOfAReply_IsSentAgain(string half)
    {
        await using var server = new ScriptedRedis((connection, _) => connection == 1 ? new Answer(half, ThenClose: true) : new Answer("+whole\r\n"));
        await using var client = ClientOf(server);

        var reply = await client.ExecuteAsync(RedisCommand.Of("GET", "key"), default);

        Assert.Equal("whole", reply.Text);
    }

    [Theory]
    [InlineData("!garbage\r\n")]
    [InlineData("+one\r\n+one too many\r\n")]
    public async Task Execute_AnswerThatIsNoResp_RebuildsTheConnection(string garbage)
    {
        var asked = 0;
        await using var server = new ScriptedRedis((_, _) => Interlocked.Increment(ref asked) == 2 ? new Answer(garbage) : new Answer("+fine\r\n"));
        await using var client = ClientOf(server);
        Assert.Equal("fine", (await client.ExecuteAsync(RedisCommand.Of("GET", "key"), default)).Text);

        var answered = await client.ExecuteAsync(RedisCommand.Of("GET", "key"), default);
        var after = await client.ExecuteAsync(RedisCommand.Of("GET", "key"), default);

        Assert.Contains(answered.Text, (string[])["fine", "one"]);
        Assert.Equal(("fine", 2), (after.Text, server.Connections));
    }

    [Fact]
    public async Task Execute_ServerThatFallsSilent_FailsEveryCallerWithinItsDeadlines()
    {
        await using var server = new ScriptedRedis((_, _) => Answer.None);
        await using var client = ClientOf(server, ("readTimeout", "200ms"), ("redisMaxRetries", "1"));
        var watch = Stopwatch.StartNew();

        var failures = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            Assert.ThrowsAsync<ComponentException>(() => client.ExecuteAsync(RedisCommand.Of("GET", "key"), default))));

        Assert.All(failures, failure => Assert.Contains("did not answer in time", failure.Message, StringComparison.Ordinal));
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Execute_CallerGivesUp_LaterRepliesGoToTheirOwners()
    {
        var release = new TaskCompletionSource();
        await using var server = new ScriptedRedis((_, words) =>
        {
            if (words[1] == "slow")
            {
                release.Task.GetAwaiter().GetResult();
            }

            return new Answer($"+{words[1]}\r\n");
        });
        await using var client = ClientOf(server);
        using var impatient = new CancellationTokenSource();
        var slow = client.ExecuteAsync(RedisCommand.Of("ECHO", "slow"), impatient.Token);
        var next = client.ExecuteAsync(RedisCommand.Of("ECHO", "next"), default);

        await impatient.CancelAsync();
        release.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
        Assert.Equal("next", (await next).Text);
    }

    [Fact]
    public async Task Execute_ServerStillLoading_TriesAgain()
    {
        var asked = 0;
        await using var server = new ScriptedRedis((_, _) =>
            new Answer(Interlocked.Increment(ref asked) < 3 ? "-LOADING Redis is loading the dataset in memory\r\n" : "+ready\r\n"));
        await using var client = ClientOf(server);

        Assert.Equal("ready", (await client.ExecuteAsync(RedisCommand.Of("GET", "key"), default)).Text);
    }

    [Fact]
    public async Task Execute_ErrorReply_NamesTheServerAndItsWords()
    {
        await using var server = new ScriptedRedis((_, _) => new Answer("-MISCONF cannot persist\r\n"));
        await using var client = ClientOf(server);

        var failure = await Assert.ThrowsAsync<ComponentException>(() => client.ExecuteAsync(RedisCommand.Of("SET", "key", "value"), default));

        Assert.Equal((ComponentFault.Failed, $"redis at localhost:{server.Port}: MISCONF cannot persist"), (failure.Fault, failure.Message));
    }

    [Fact]
    public async Task Execute_WrongPassword_NamesTheMemberAndTriesOnce()
    {
        await using var server = new ScriptedRedis((_, words) => new Answer(words[0] == "AUTH" ? "-WRONGPASS invalid\r\n" : "+OK\r\n"));
        await using var client = ClientOf(server, ("redisPassword", "wrong"));

        var failure = await Assert.ThrowsAsync<ComponentException>(() => client.ExecuteAsync(RedisCommand.Of("GET", "key"), default));

        Assert.Contains("redisPassword", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Connect_UserPasswordAndDatabase_AreSentFirst()
    {
        var seen = new List<string>();
        await using var server = new ScriptedRedis((_, words) =>
        {
            seen.Add(string.Join(' ', words));
            return new Answer("+OK\r\n");
        });
        await using var client = ClientOf(server, ("redisUsername", "me"), ("redisPassword", "secret"), ("redisDB", "3"));

        await client.ExecuteAsync(RedisCommand.Of("GET", "key"), default);

        Assert.Equal(["AUTH me secret", "SELECT 3", "GET key"], seen);
    }

    [Fact]
    public async Task Execute_NobodyListens_FailsSoonAndNamesTheRemedy()
    {
        await using var client = new RedisClient(OptionsOf($"localhost:{FreePorts.Two().Item1}"), TimeProvider.System);

        var failure = await Assert.ThrowsAsync<ComponentException>(() => client.ExecuteAsync(RedisCommand.Of("PING"), default));

        Assert.Contains("is the server running, is spec.metadata.redisHost right?", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_CommandInFlight_FailsIt()
    {
        await using var server = new ScriptedRedis((_, _) => Answer.None);
        var client = ClientOf(server);
        var waiting = client.ExecuteAsync(RedisCommand.Of("GET", "key"), default);
        await Eventually.True(() => server.Connections == 1);

        await client.DisposeAsync();

        await Assert.ThrowsAsync<ComponentException>(() => waiting);
    }

    [Theory]
    [InlineData("localhost", "localhost", 6379)]
    [InlineData("10.0.0.1:7000", "10.0.0.1", 7000)]
    [InlineData("[::1]:7000", "::1", 7000)]
    [InlineData("::1", "::1", 6379)]
    public void Options_Host_IsReadWithAndWithoutPort(string text, string host, int port)
    {
        var options = OptionsOf(text);

        Assert.Equal((host, port), (options.Host, options.Port));
    }

    [Fact]
    public void Options_ManyMistakes_AreAllReported()
    {
        var errors = new List<string>();
        var values = new Dictionary<string, string>
        {
            ["redisHost"] = "a:1,b:2",
            ["redisType"] = "cluster",
            ["redisDB"] = "x",
            ["failover"] = "true",
            ["readTimeout"] = "soon",
            ["clientCert"] = "no pem",
        };

        RedisOptions.Parse(new ComponentMetadata(Spec(values), errors));

        Assert.Equal(
            ["clientKey", "failover", "readTimeout", "redisDB", "redisHost", "redisType"],
            errors.Select(error => error.Split(':')[0]["spec.metadata.".Length..]).Order());
    }

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static RedisClient ClientOf(ScriptedRedis server, params (string Name, string Value)[] more) =>
        new(OptionsOf($"localhost:{server.Port}", more), TimeProvider.System);

    private static RedisOptions OptionsOf(string host, params (string Name, string Value)[] more)
    {
        var errors = new List<string>();
        var values = more.Prepend(("redisHost", host)).ToDictionary(item => item.Item1, item => item.Item2);
        var options = RedisOptions.Parse(new ComponentMetadata(Spec(values), errors));
        Assert.Empty(errors);
        return options;
    }

    private static ComponentSpec Spec(Dictionary<string, string> values) =>
        new("store", "state.redis", "v1", values, false, TimeSpan.FromSeconds(5), "store.yaml");
}
