using Dapr.Client;

#pragma warning disable DAPR_DISTRIBUTEDLOCK // The experimental members are part of the surface.

namespace DaprShop.Tests.Client;

public sealed class SecretsAndLockTests
{
    [Fact]
    public async Task GetSecret_Values_KeepTheirNames()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"Db:Password":"x","b":"y"}""");
        using var client = sidecar.Client();

        var secret = await client.GetSecretAsync("secretstore", "db/main", new Dictionary<string, string> { ["version"] = "2" });

        Assert.Equal("GET /v1.0/secrets/secretstore/db%2Fmain?metadata.version=2", sidecar.Request.Line);
        Assert.Equal(new Dictionary<string, string> { ["Db:Password"] = "x", ["b"] = "y" }, secret);
    }

    [Fact]
    public async Task GetSecret_NoContent_IsEmpty()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        Assert.Empty(await client.GetSecretAsync("s", "k"));
    }

    [Fact]
    public async Task GetBulkSecret_Secrets_AreNested()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"a":{"a":"1"},"b":{"x":"2","y":"3"}}""");
        using var client = sidecar.Client();

        var secrets = await client.GetBulkSecretAsync("secretstore");

        Assert.Equal("GET /v1.0/secrets/secretstore/bulk", sidecar.Request.Line);
        Assert.Equal(["a", "b"], secrets.Keys);
        Assert.Equal("3", secrets["b"]["y"]);
    }

    [Fact]
    public async Task Lock_Taken_IsUnlockedByDisposal()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"success":true}""");
        using var client = sidecar.Client();

        var taken = await client.Lock("lockstore", "job", "me", 30);
        sidecar.Answer = context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, """{"status":0}""");
        await taken.DisposeAsync();

        Assert.True(taken.Success);
        Assert.Equal(("lockstore", "job", "me"), (taken.StoreName, taken.ResourceId, taken.LockOwner));
        Assert.Equal(
            [
                ("POST /v1.0-alpha1/lock/lockstore", """{"resourceId":"job","lockOwner":"me","expiryInSeconds":30}"""),
                ("POST /v1.0-alpha1/unlock/lockstore", """{"resourceId":"job","lockOwner":"me"}"""),
            ],
            sidecar.Requests.Select(request => (request.Line, request.Body)));
    }

    [Fact]
    public async Task Lock_HeldByAnother_IsNotUnlockedByDisposal()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"success":false}""");
        using var client = sidecar.Client();

        var refused = await client.Lock("lockstore", "job", "me", 30);
        await refused.DisposeAsync();

        Assert.False(refused.Success);
        Assert.Single(sidecar.Requests);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Lock_WithoutExpiry_IsRefusedBeforeTheCall(int seconds)
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentException>(() => client.Lock("lockstore", "job", "me", seconds));

        Assert.Empty(sidecar.Requests);
    }

    [Theory]
    [InlineData("""{"status":0}""", LockStatus.Success)]
    [InlineData("""{"status":1}""", LockStatus.LockDoesNotExist)]
    [InlineData("""{"status":2}""", LockStatus.LockBelongsToOthers)]
    [InlineData("""{"status":3}""", LockStatus.InternalError)]
    [InlineData("""{"status":9}""", LockStatus.InternalError)]
    public async Task Unlock_Status_IsTheSidecars(string answer, LockStatus expected)
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, answer);
        using var client = sidecar.Client();

        Assert.Equal(expected, (await client.Unlock("lockstore", "job", "me")).status);
    }
}
