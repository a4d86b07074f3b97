using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.SignIn;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Gateway;

/// <summary>A corpus of tokens, made by hand so that they can be wrong in ways a library does not offer.</summary>
public class TokenValidatorTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";
    private readonly ManualClock _clock = new();
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly JwksServer _issuer = new();

    [Fact]
    public async Task Validate_OwnToken_NamesUserAndRole()
    {
        var key = new SigningKey();
        key.Set(Key);
        var token = SignInEndpoint.Create("operator-1", "operator", new TokenOptions(), key.Value, new IdSource(), _clock.GetUtcNow());

        var user = await Own().ValidateAsync(token, default);

        Assert.Equal("operator-1", user!.FindFirst(ShopClaims.User)?.Value);
        Assert.Equal("operator", user.FindFirst(ShopClaims.Role)?.Value);
    }

    [Fact]
    public async Task Validate_OwnToken_EndsAfterItsHourAndTheSkew()
    {
        var key = new SigningKey();
        key.Set(Key);
        var token = SignInEndpoint.Create("shopper-1", "customer", new TokenOptions(), key.Value, new IdSource(), _clock.GetUtcNow());

        _clock.Advance(TimeSpan.FromSeconds(3600 + 59));
        var nearly = await Own().ValidateAsync(token, default);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var after = await Own().ValidateAsync(token, default);

        Assert.NotNull(nearly);
        Assert.Null(after);
    }

    [Fact]
    public async Task Validate_KnownToken_IsVerifiedAgainAfterHalfAMinute()
    {
        var key = new SigningKey();
        key.Set(Key);
        var token = SignInEndpoint.Create("shopper-1", "customer", new TokenOptions(), key.Value, new IdSource(), _clock.GetUtcNow());
        var validator = Validator(new TokenOptions(), key);
        Assert.NotNull(await validator.ValidateAsync(token, default));
        key.Set("another key of at least thirty-two bytes");

        _clock.Advance(KnownTokens.Life - TimeSpan.FromMilliseconds(1));
        var known = await validator.ValidateAsync(token, default);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var later = await validator.ValidateAsync(token, default);

        Assert.Equal("shopper-1", known?.FindFirst(ShopClaims.User)?.Value);
        Assert.Null(later);
    }

    [Fact]
    public async Task Validate_KnownToken_EndsWhenItSaysAndNoOtherIsTakenForIt()
    {
        var key = new SigningKey();
        key.Set(Key);
        var token = SignInEndpoint.Create("shopper-1", "customer", new TokenOptions(), key.Value, new IdSource(), _clock.GetUtcNow());
        var validator = Validator(new TokenOptions(), key);
        _clock.Advance(TimeSpan.FromSeconds(3600 + 59));

        var last = await validator.ValidateAsync(token, default);
        var forged = await validator.ValidateAsync($"{token[..^2]}{(token[^2] == 'A' ? 'B' : 'A')}{token[^1]}", default);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var ended = await validator.ValidateAsync(token, default);

        Assert.NotNull(last);
        Assert.Null(forged);
        Assert.Null(ended);
    }

    [Fact]
    public void KnownTokens_MoreThanThereIsRoomFor_ForgetsAndGoesOn()
    {
        var known = new KnownTokens(_clock);
        var user = new System.Security.Claims.ClaimsPrincipal();
        for (var n = 0; n <= KnownTokens.Most; n++)
        {
            known.Keep($"t-{n}", user, DateTimeOffset.MaxValue);
        }

        Assert.Equal((null, user), (known.Find("t-0"), known.Find($"t-{KnownTokens.Most}")));
    }

    [Fact]
    public void Validate_TheFirstTokensOfAStart_AllAtOnce_AreAllTaken()
    {
        // Each start has a key that the library has not seen; the race is between the first uses of one.
        var starts = Enumerable.Range(0, 1500).Select(start =>
        {
            var key = new SigningKey();
            key.Set($"{Key}{start}");
            var token = SignInEndpoint.Create("shopper-1", "customer", new TokenOptions(), key.Value, new IdSource(), _clock.GetUtcNow());
            return (Validator: Validator(new TokenOptions(), key), Token: token);
        }).ToList();
        const int requests = 8;
        var refused = 0;
        using var together = new Barrier(requests);
        var threads = Enumerable.Range(0, requests).Select(_ => new Thread(() =>
        {
            foreach (var (validator, token) in starts)
            {
                together.SignalAndWait();

                // Done at once: the key is known.
                if (validator.ValidateAsync(token, default) is not { IsCompletedSuccessfully: true, Result: not null })
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(0, refused);
    }

    public static TheoryData<string> BadTokens { get; } = new(
        "alg none", "alg None, no signature", "HS384", "HS256 with another key", "payload changed", "signature cut", "expired", "not yet valid",
        "no expiry", "wrong issuer", "no issuer", "wrong audience", "no subject", "subject too long", "two segments", "four segments",
        "five segments", "over-long", "crit header", "empty", "garbage", "segments of garbage", "header is an array", "RS256 header with HS256 key");

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task Validate_BadToken_IsRefused(string how)
    {
        var token = Bad(how);

        Assert.Null(await Own().ValidateAsync(token, default));
    }

    [Fact]
    public async Task Validate_TheGoodOne_OfWhichTheBadAreMade_IsTaken()
    {
        Assert.NotNull(await Own().ValidateAsync(Hs256(Header("HS256"), Payload()), default));
    }

    [Fact]
    public async Task Validate_SubjectWithOddCharacters_IsEscaped()
    {
        var user = await Own().ValidateAsync(Hs256(Header("HS256"), Payload(("sub", "auth0|a/b"))), default);

        Assert.Equal("auth0%7Ca%2Fb", user!.FindFirst(ShopClaims.User)?.Value);
        Assert.Equal("customer", user.FindFirst(ShopClaims.Role)?.Value);
    }

    [Fact]
    public async Task External_Rs256OfTheIssuer_IsTaken()
    {
        _issuer.Add(_rsa, "k1");

        var user = await External().ValidateAsync(Rs256(Header("RS256", "k1"), Payload(("iss", "https://issuer"), ("role", "operator"))), default);

        Assert.Equal("operator", user!.FindFirst(ShopClaims.Role)?.Value);
    }

    [Fact]
    public async Task External_Es256OfTheIssuer_IsTaken()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _issuer.Add(ec, "e1");
        var text = Segment(Header("ES256", "e1")) + "." + Segment(Payload(("iss", "https://issuer")));
        var token = text + "." + Base64Url.EncodeToString(ec.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));

        Assert.NotNull(await External().ValidateAsync(token, default));
    }

    [Fact]
    public async Task External_Hs256WithThePublicKey_IsRefused()
    {
        _issuer.Add(_rsa, "k1");
        var text = Segment(Header("HS256", "k1")) + "." + Segment(Payload(("iss", "https://issuer")));
        var token = text + "." + Base64Url.EncodeToString(
            HMACSHA256.HashData(Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem()), Encoding.ASCII.GetBytes(text)));

        Assert.Null(await External().ValidateAsync(token, default));
    }

    [Fact]
    public async Task External_AnotherKeyUnderAKnownId_IsRefused()
    {
        using var other = RSA.Create(2048);
        _issuer.Add(other, "k1");

        Assert.Null(await External().ValidateAsync(Rs256(Header("RS256", "k1"), Payload(("iss", "https://issuer"))), default));
    }

    [Fact]
    public async Task External_UnknownKeyIds_FetchAgainButRarely()
    {
        using var other = RSA.Create(2048);
        _issuer.Add(other, "k0");
        var validator = External();
        var token = Rs256(Header("RS256", "k1"), Payload(("iss", "https://issuer")));

        for (var attempt = 0; attempt < 5; attempt++)
        {
            Assert.Null(await validator.ValidateAsync(token, default));
        }

        Assert.Equal(1, _issuer.Fetches);

        // The issuer turns its key over; half a minute later the new one is found.
        _issuer.Add(_rsa, "k1");
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.NotNull(await validator.ValidateAsync(token, default));
        Assert.Equal(2, _issuer.Fetches);
    }

    private string Bad(string how) => how switch
    {
        "alg none" => Segment(Header("none")) + "." + Segment(Payload()) + ".",
        "alg None, no signature" => Segment(Header("None")) + "." + Segment(Payload()) + ".",
        "HS384" => Sign(Header("HS384"), Payload(), text => HMACSHA384.HashData(Encoding.ASCII.GetBytes(Key), text)),
        "HS256 with another key" => Sign(Header("HS256"), Payload(), text => HMACSHA256.HashData(Encoding.ASCII.GetBytes(Key + "x"), text)),
        "payload changed" => Swap(Hs256(Header("HS256"), Payload()), 1, Segment(Payload(("sub", "operator-1")))),
        "signature cut" => Hs256(Header("HS256"), Payload())[..^4],
        "expired" => Hs256(Header("HS256"), Payload(("exp", Now(-61)))),
        "not yet valid" => Hs256(Header("HS256"), Payload(("nbf", Now(61)))),
        "no expiry" => Hs256(Header("HS256"), Payload(("exp", null))),
        "wrong issuer" => Hs256(Header("HS256"), Payload(("iss", "elsewhere"))),
        "no issuer" => Hs256(Header("HS256"), Payload(("iss", null))),
        "wrong audience" => Hs256(Header("HS256"), Payload(("aud", "elsewhere"))),
        "no subject" => Hs256(Header("HS256"), Payload(("sub", null))),
        "subject too long" => Hs256(Header("HS256"), Payload(("sub", new string('a', 129)))),
        "two segments" => Hs256(Header("HS256"), Payload())[..Hs256(Header("HS256"), Payload()).LastIndexOf('.')],
        "four segments" => Hs256(Header("HS256"), Payload()) + ".e30",
        "five segments" => Hs256(Header("HS256"), Payload()) + ".e30.e30",
        "over-long" => Hs256(Header("HS256"), Payload(("pad", new string('a', 9000)))),
        "crit header" => Hs256(With(Header("HS256"), "crit", new JsonArray("exp")), Payload()),
        "empty" => "",
        "garbage" => "not a token at all",
        "segments of garbage" => "%%%.%%%.%%%",
        "header is an array" => Segment(new JsonArray(1)) + "." + Segment(Payload()) + ".AAAA",
        "RS256 header with HS256 key" => Rs256(Header("RS256"), Payload()),
        _ => throw new ArgumentOutOfRangeException(nameof(how), how, null),
    };

    private static JsonObject Header(string algorithm, string? keyId = null)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        return keyId is null ? header : With(header, "kid", keyId);
    }

    private JsonObject Payload(params (string Name, JsonNode? Value)[] changes)
    {
        var payload = new JsonObject
        {
            ["iss"] = "daprshop",
            ["aud"] = "daprshop",
            ["sub"] = "shopper-1",
            ["role"] = "customer",
            ["nbf"] = Now(0),
            ["exp"] = Now(600),
        };
        foreach (var (name, value) in changes)
        {
            payload.Remove(name);
            if (value is not null)
            {
                payload[name] = value;
            }
        }

        return payload;
    }

    private static JsonObject With(JsonObject json, string name, JsonNode value)
    {
        json[name] = value;
        return json;
    }

    private long Now(int seconds) => _clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();

    private static string Hs256(JsonObject header, JsonObject payload) =>
        Sign(header, payload, text => HMACSHA256.HashData(Encoding.ASCII.GetBytes(Key), text));

    private string Rs256(JsonObject header, JsonObject payload) =>
        Sign(header, payload, text => _rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    private static string Sign(JsonObject header, JsonObject payload, Func<byte[], byte[]> sign)
    {
        var text = Segment(header) + "." + Segment(payload);
        return text + "." + Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)));
    }

    private static string Segment(JsonNode json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static string Swap(string token, int at, string segment)
    {
        var segments = token.Split('.');
        segments[at] = segment;
        return string.Join('.', segments);
    }

    private TokenValidator Own()
    {
        var key = new SigningKey();
        key.Set(Key);
        return Validator(new TokenOptions(), key);
    }

    private TokenValidator External() =>
        Validator(new TokenOptions { Issuer = "https://issuer", JwksUri = "https://issuer/keys" }, new SigningKey());

    private TokenValidator Validator(TokenOptions options, SigningKey key) =>
        new(Options.Create(options), key, new JwksKeys(_issuer, Options.Create(options), _clock, NullLogger<JwksKeys>.Instance), new KnownTokens(_clock), _clock);

    /// <summary>An issuer's key set that counts how often it is asked.</summary>
    private sealed class JwksServer : HttpMessageHandler, IHttpClientFactory
    {
        private readonly JsonArray _keys = [];

        public int Fetches { get; private set; }

        public void Add(RSA key, string id)
        {
            var parameters = key.ExportParameters(includePrivateParameters: false);
            _keys.Add(new JsonObject
            {
                ["kty"] = "RSA",
                ["kid"] = id,
                ["use"] = "sig",
                ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            });
        }

        public void Add(ECDsa key, string id)
        {
            var parameters = key.ExportParameters(includePrivateParameters: false);
            _keys.Add(new JsonObject
            {
                ["kty"] = "EC",
                ["kid"] = id,
                ["crv"] = "P-256",
                ["x"] = Base64Url.EncodeToString(parameters.Q.X),
                ["y"] = Base64Url.EncodeToString(parameters.Q.Y),
            });
        }

        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Fetches++;
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent(new JsonObject { ["keys"] = _keys.DeepClone() }.ToJsonString()) });
        }
    }
}
