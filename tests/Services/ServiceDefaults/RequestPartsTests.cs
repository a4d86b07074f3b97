using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Primitives;

namespace DaprShop.Tests.ServiceDefaults;

public class RequestPartsTests
{
    [Fact]
    public void Cursor_Encoded_DecodesToItsParts()
    {
        var cursor = Cursor.Encode("orders", "2026-01-02", "käse/+ ");

        Assert.True(Cursor.TryDecode(cursor, "orders", 2, out var parts));
        Assert.Equal(["2026-01-02", "käse/+ "], parts);
        Assert.Matches("^[A-Za-z0-9_-]+$", cursor);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64 url!")]
    [InlineData("AAAA")]
    [InlineData("bnVsbA")]
    [InlineData("WyJvcmRlcnMiLG51bGxd")]
    public void Cursor_MadeUp_IsRefused(string text)
    {
        Assert.False(Cursor.TryDecode(text, "orders", 1, out _));
    }

    [Fact]
    public void Cursor_OfAnotherListOrLength_IsRefused()
    {
        Assert.False(Cursor.TryDecode(Cursor.Encode("products", "1"), "orders", 1, out _));
        Assert.False(Cursor.TryDecode(Cursor.Encode("orders", "1", "2"), "orders", 1, out _));
        Assert.False(Cursor.TryDecode(Cursor.Encode("orders", new string('x', 2000)), "orders", 1, out _));
    }

    [Theory]
    [InlineData(null, 20)]
    [InlineData("1", 1)]
    [InlineData("100", 100)]
    public void PageRequest_GoodLimit_IsTaken(string? limit, int expected)
    {
        var errors = new ValidationErrors();

        var page = PageRequest.Read(Query(("limit", limit)), "orders", 1, errors);

        Assert.False(errors.Any);
        Assert.Equal(expected, page.Limit);
        Assert.Null(page.After);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData("")]
    [InlineData("99999999999")]
    public void PageRequest_BadLimitAndCursor_AreBothNamed(string limit)
    {
        var errors = new ValidationErrors();

        PageRequest.Read(Query(("limit", limit), ("cursor", "%%")), "orders", 1, errors);

        Assert.True(errors.TryGetProblem(out var problem));
        var members = (IReadOnlyDictionary<string, string[]>)problem.ProblemDetails.Extensions["errors"]!;
        Assert.Equal(["cursor", "limit"], members.Keys.Order());
    }

    [Theory]
    [InlineData("\"7\"", true)]
    [InlineData("W/\"7\"", true)]
    [InlineData("\"6\", \"7\"", true)]
    [InlineData("*", true)]
    [InlineData("\"8\"", false)]
    [InlineData("7", false)]
    [InlineData(null, false)]
    public void NotModified_IfNoneMatch_ComparesWeakly(string? header, bool expected)
    {
        Assert.Equal(expected, ETags.NotModified(Request("If-None-Match", header), 7));
    }

    [Theory]
    [InlineData("\"7\"", true)]
    [InlineData("\"6\", \"7\"", true)]
    [InlineData("*", true)]
    [InlineData("W/\"7\"", false)]
    [InlineData("\"8\"", false)]
    [InlineData("rubbish", false)]
    public void IfMatch_Header_ComparesStrongly(string header, bool expected)
    {
        Assert.Equal(expected, ETags.IfMatch(Request("If-Match", header), 7));
    }

    [Theory]
    [InlineData(null, "idempotency-key-missing")]
    [InlineData("", "idempotency-key-missing")]
    [InlineData("a\tb", "validation")]
    [InlineData("ключ", "validation")]
    public void IdempotencyKey_Unusable_IsRefusedByName(string? value, string expected)
    {
        Assert.False(IdempotencyKey.TryRead(Request("Idempotency-Key", value), out _, out var problem));
        Assert.Equal(expected, Name(problem));
    }

    [Fact]
    public void IdempotencyKey_LongestAndTooLong_AreToldApart()
    {
        Assert.True(IdempotencyKey.TryRead(Request("Idempotency-Key", new string('~', 255)), out var key, out _));
        Assert.Equal(255, key.Length);
        Assert.False(IdempotencyKey.TryRead(Request("Idempotency-Key", new string('~', 256)), out _, out var problem));
        Assert.Equal("validation", Name(problem));
    }

    [Fact]
    public void IdempotencyKey_SentTwice_IsRefused()
    {
        var request = new DefaultHttpContext().Request;
        request.Headers["Idempotency-Key"] = new StringValues(["a", "b"]);

        Assert.False(IdempotencyKey.TryRead(request, out _, out var problem));
        Assert.Equal("validation", Name(problem));
    }

    private static string Name(ProblemHttpResult? problem) => ((ProblemDetails)problem!.ProblemDetails).Type![Problems.TypePrefix.Length..];

    private static QueryCollection Query(params (string Name, string? Value)[] values) =>
        new(values.Where(value => value.Value is not null).ToDictionary(value => value.Name, value => new StringValues(value.Value)));

    private static HttpRequest Request(string header, string? value)
    {
        var request = new DefaultHttpContext().Request;
        if (value is not null)
        {
            request.Headers[header] = value;
        }

        return request;
    }
}
