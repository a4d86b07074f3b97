using System.Security.Cryptography;
using System.Text;
using DaprShop.Payment.Webhooks;

namespace DaprShop.Tests.Services.Payment;

public sealed class WebhookSignatureTests
{
    private const string Secret = "whsec_test";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
    private static readonly byte[] Body = """{"id":"evt_1","type":"charge.succeeded"}"""u8.ToArray();

    [Fact]
    public void IsValid_KnownVector_Holds()
    {
        // Computed apart from this code: printf '1790000000.{}' | openssl dgst -sha256 -hmac whsec_test
        const string Header = "t=1790000000,v1=1c2847ad1f8158a1da978f36627ac1f07f7fd027321ac9ad40bccc06743f8396";

        Assert.True(WebhookSignature.IsValid(Header, "{}"u8, [Secret], Now));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    public void IsValid_Age_IsBoundedBothWays(int seconds, bool valid)
    {
        var header = Sign(Secret, Now.ToUnixTimeSeconds(), Body);

        Assert.Equal(valid, WebhookSignature.IsValid(header, Body, [Secret], Now.AddSeconds(seconds)));
    }

    [Fact]
    public void IsValid_DuringRotation_EitherKeyHolds()
    {
        var old = Sign("whsec_old", Now.ToUnixTimeSeconds(), Body);
        var both = $"{old},{Sign(Secret, Now.ToUnixTimeSeconds(), Body).Split(',')[1]}";

        Assert.True(WebhookSignature.IsValid(old, Body, [Secret, "whsec_old"], Now));
        Assert.True(WebhookSignature.IsValid(both, Body, [Secret], Now));
        Assert.False(WebhookSignature.IsValid(old, Body, [Secret], Now));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("t=1790000000")]
    [InlineData("v1=00")]
    [InlineData("t=now,v1=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=1790000000,v1=zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=1790000000,v0=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=99999999999999999,v1=0000000000000000000000000000000000000000000000000000000000000000")]
    public void IsValid_MalformedHeader_IsRefused(string? header)
    {
        Assert.False(WebhookSignature.IsValid(header, Body, [Secret], Now));
    }

    [Fact]
    public void IsValid_AnyChangedByte_IsRefused()
    {
        var header = Sign(Secret, Now.ToUnixTimeSeconds(), Body);

        for (var index = 0; index < Body.Length; index++)
        {
            var forged = Body.ToArray();
            forged[index] ^= 1;
            Assert.False(WebhookSignature.IsValid(header, forged, [Secret], Now), $"byte {index}");
        }
    }

    [Fact]
    public void IsValid_TwoTimestamps_IsRefused()
    {
        var header = Sign(Secret, Now.ToUnixTimeSeconds(), Body);

        Assert.False(WebhookSignature.IsValid($"t=1,{header}", Body, [Secret], Now));
    }

    private static string Sign(string secret, long timestamp, byte[] body)
    {
        var signed = Encoding.UTF8.GetBytes($"{timestamp}.").Concat(body).ToArray();
        return $"t={timestamp},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}";
    }
}
