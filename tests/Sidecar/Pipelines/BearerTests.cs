using System.Security.Cryptography;
using System.Text.Json;
using DaprShop.Tests.Configuration;
using DaprShop.Tests.Wire;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DaprShop.Tests.Pipelines;

/// <summary>middleware.http.bearer against an issuer on this machine.</summary>
public sealed class BearerTests : IAsyncLifetime
{
    private const string Path = "/v1.0/state/store/k";

    private readonly List<RsaSecurityKey> _published = [NewKey("one")];
    private FakeApp _issuer = null!;

    private string Issuer => $"http://127.0.0.1:{_issuer.Port}/realm";

    public async Task InitializeAsync() => _issuer = await FakeApp.StartAsync(request => request.Target switch
    {
        "/realm/.well-known/openid-configuration" => new AppAnswer(200, $$"""{"issuer":"{{Issuer}}","jwks_uri":"http://127.0.0.1:{{_issuer.Port}}/keys"}"""),
        "/keys" => new AppAnswer(200, JsonSerializer.Serialize(new { keys = _published.Select(PublicPart) })),
        _ => new AppAnswer(404),
    });

    public async Task DisposeAsync() => await _issuer.DisposeAsync();

    [Theory]
    [InlineData("", "204")]
    [InlineData("audience=other", "401 Unauthorized")]
    [InlineData("issuer=http://else.where", "401 Unauthorized")]
    [InlineData("expired", "401 Unauthorized")]
    [InlineData("unsigned", "401 Unauthorized")]
    [InlineData("foreign key", "401 Unauthorized")]
    [InlineData("shared secret", "401 Unauthorized")]
    [InlineData("no token", "401 Unauthorized")]
    [InlineData("garbage", "401 Unauthorized")]
    [InlineData("basic", "401 Unauthorized")]
    public async Task Request_WithAToken_PassesOnlyWhenEverythingAboutItIsGood(string fault, string expected)
    {
        await using var sidecar = await StartAsync(("issuer", Issuer), ("audience", "api"));
        var good = TokenOf(_published[0]);
        var authorization = fault switch
        {
            "audience=other" => $"Bearer {TokenOf(_published[0], audience: "other")}",
            "issuer=http://else.where" => $"Bearer {TokenOf(_published[0], issuer: "http://else.where")}",
            "expired" => $"Bearer {TokenOf(_published[0], validFor: TimeSpan.FromHours(-1))}",
            "unsigned" => $"Bearer {string.Join('.', good.Split('.')[..2])}.",
            "foreign key" => $"Bearer {TokenOf(NewKey("one"))}",
            "shared secret" => $"Bearer {SignedWithTheModulus()}",
            "garbage" => "Bearer one.two.three",
            "basic" => "Basic dXNlcjpwYXNz",
            "no token" => "",
            _ => $"bearer {good}",
        };

        var answer = await sidecar.Http.SendTextAsync("GET", Path, null, ("Authorization", authorization));

        Assert.True(expected == answer, $"{answer}, and not {expected}; the log:\n{sidecar.Log}");
    }

    [Fact]
    public async Task Start_WithTheOldNamesAndItsOwnJwksUrl_AsksNoDiscovery()
    {
        await using var sidecar = await StartAsync(("issuerURL", Issuer), ("clientID", "api"), ("jwksURL", $"http://127.0.0.1:{_issuer.Port}/keys"));

        var answer = await sidecar.Http.SendTextAsync("GET", Path, null, ("Authorization", $"Bearer {TokenOf(_published[0])}"));

        Assert.Equal("204", answer);
        Assert.Equal(["/keys"], _issuer.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task UnknownKeyIds_OneAfterTheOther_DoNotBecomeRequestsToTheIssuer()
    {
        await using var sidecar = await StartAsync(("issuer", Issuer), ("audience", "api"));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("401 Unauthorized", await sidecar.Http.SendTextAsync("GET", Path, null, ("Authorization", $"Bearer {TokenOf(NewKey($"made-up-{i}"))}")));
        }

        Assert.Single(_issuer.Requests, request => request.Target == "/keys");
    }

    [Fact]
    public async Task Start_WithAnIssuerThatSaysAnotherName_Fails()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(("issuer", $"{Issuer}/"), ("audience", "api")));

        Assert.Contains("the document there is of issuer", failure.ToString(), StringComparison.Ordinal);
    }

    private static Task<RunningSidecar> StartAsync(params (string Name, string Value)[] metadata) => RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("store", "state.in-memory"), Yaml.Component("bearer", "middleware.http.bearer", metadata)],
        Options = options => options with { LogLevel = "debug" },
        Configurations = [ConfigurationText.Of("httpPipeline: { handlers: [{ name: bearer, type: middleware.http.bearer }] }")],
    });

    private static RsaSecurityKey NewKey(string id)
    {
        using var rsa = RSA.Create(2048);
        return new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true)) { KeyId = id };
    }

    private static object PublicPart(RsaSecurityKey key) => new
    {
        kty = "RSA",
        use = "sig",
        kid = key.KeyId,
        n = Base64UrlEncoder.Encode(key.Parameters.Modulus),
        e = Base64UrlEncoder.Encode(key.Parameters.Exponent),
    };

    private string TokenOf(SecurityKey key, string? issuer = null, string audience = "api", TimeSpan? validFor = null, string algorithm = SecurityAlgorithms.RsaSha256)
    {
        var expires = TimeProvider.System.GetUtcNow().UtcDateTime + (validFor ?? TimeSpan.FromHours(1));
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Issuer,
            Audience = audience,
            Expires = expires,
            SigningCredentials = new SigningCredentials(key, algorithm),
        });
    }

    // The old trick: what everybody may read taken for a secret that only the issuer knows.
    private string SignedWithTheModulus() =>
        TokenOf(new SymmetricSecurityKey(_published[0].Parameters.Modulus) { KeyId = "one" }, algorithm: SecurityAlgorithms.HmacSha256);
}
