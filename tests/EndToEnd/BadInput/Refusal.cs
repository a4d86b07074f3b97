using System.Net;
using System.Text.RegularExpressions;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>What every refusal of the public API must be, whoever words it.</summary>
internal static partial class Refusal
{
    /// <summary>The answer is this problem, complete, about this path, and tells nothing of what is inside.</summary>
    /// <param name="members">The names in <c>errors</c>; none: the problem has no <c>errors</c>.</param>
    public static void Is(Answer answer, int status, string name, string path, params string[] members)
    {
        Assert.True((HttpStatusCode)status == answer.Status, $"{(int)answer.Status} {answer.Body}");
        Assert.Equal("application/problem+json", answer.ContentType);
        Assert.Equal(name, answer.Problem);
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
        Assert.NotEmpty(answer.Json.GetProperty("title").GetString()!);
        Assert.NotEmpty(answer.Json.GetProperty("detail").GetString()!);
        Assert.Equal(path.Split('?')[0], answer.Json.GetProperty("instance").GetString());
        Assert.Equal(Assert.Single(answer.Headers.GetValues("X-Trace-Id")), answer.Json.GetProperty("traceId").GetString());
        Assert.Equal(members, answer.Members);
        TellsNothing(answer.Body);
    }

    /// <summary>No type names, no stack, no files, no machine.</summary>
    public static void TellsNothing(string body)
    {
        Assert.DoesNotMatch(Internals(), body);
        Assert.DoesNotContain(Checkout.Root, body, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"System\.|Microsoft\.|DaprShop\.|Dapr\.|Exception|   at |\.cs\b|\.dll|/tmp/|127\.0\.0\.1|localhost|stack", RegexOptions.IgnoreCase)]
    private static partial Regex Internals();
}
