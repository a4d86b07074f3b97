using System.Globalization;
using System.Net;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>What was sent in one request, and how it was answered.</summary>
/// <param name="Route">Method and template as the OpenAPI document has them, or a name of its own.</param>
/// <param name="First">The number of its first canary; the others follow.</param>
internal sealed record CanaryRequest(string Route, HttpStatusCode Answer, int First, int Count)
{
    public bool Succeeded => (int)Answer < 400;
}

/// <summary>
/// Makes values that look like what people and their programs send, and that nothing else can contain. No two are alike: the number of one
/// that is found says which request let it out. They are the same in every run.
/// </summary>
internal sealed class CanaryBook
{
    /// <summary>In what is text. Letters and digits only: escaping for JSON or an address leaves it as it is.</summary>
    public const string Word = "zq4canary7x";

    /// <summary>In what is digits: cards and telephones.</summary>
    public const string Digits = "8644177309";

    private readonly List<CanaryRequest> _sent = [];
    private int _last;
    private int _recorded;

    public IReadOnlyList<CanaryRequest> Sent => _sent;

    public string Id() => $"{Word}{Next()}";

    public string Mail() => $"{Word}{Next()}@mail.example";

    public string Name() => $"Zoë {Word}{Next()} O'Neil";

    public string Street() => $"12 {Word}{Next()} Street, 1st floor";

    public string Secret() => $"sk_live_{Word}{Next()}";

    public string Phone() => $"+{Digits}{Next()}";

    public string Card() => $"{Digits}0{Next()}";

    /// <summary>The canaries made since the last request went with this one.</summary>
    public void Record(string route, HttpStatusCode answer)
    {
        _sent.Add(new CanaryRequest(route, answer, _recorded + 1, _last - _recorded));
        _recorded = _last;
    }

    /// <summary>The request that the canary of this number went with.</summary>
    public CanaryRequest? Of(int number) => _sent.Find(request => number >= request.First && number < request.First + request.Count);

    private string Next() => (++_last).ToString("D5", CultureInfo.InvariantCulture);
}
