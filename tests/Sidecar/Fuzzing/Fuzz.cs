using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace DaprShop.Tests.Fuzzing;

/// <summary>
/// Inputs made by damaging good ones: bytes changed, cut, repeated, moved between inputs, and tokens put in that mean
/// something to the parser. The same 10,000 at every run, so that a red run is red again; <c>FUZZ_INPUTS</c> asks for more, <c>FUZZ_SEED</c> for others.
/// </summary>
internal static class Fuzz
{
    public static int Inputs { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("FUZZ_INPUTS"), CultureInfo.InvariantCulture, out var asked) ? asked : 10_000;

    public static ulong Seed { get; } =
        ulong.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), CultureInfo.InvariantCulture, out var asked) ? asked : 1;

    /// <summary>The check throws what is wrong with an input.</summary>
    public static void Run<T>(Gen<T> inputs, Action<T> check) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Inputs).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(Seed, 1), FSharpOption<int>.None))),
        Prop.ForAll(inputs.ToArbitrary(), input =>
        {
            check(input);
            return true;
        }));

    /// <summary>All inputs of a run at once, for checks that wait.</summary>
    public static IReadOnlyList<T> Sample<T>(Gen<T> inputs) => [.. inputs.Sample(Inputs, new Rnd(Seed, 1), 10)];

    public static Gen<string> Texts(IReadOnlyList<string> corpus, params string[] tokens) =>
        Bytes([.. corpus.Select(Encoding.UTF8.GetBytes)], [.. tokens.Select(Encoding.UTF8.GetBytes)]).Select(Encoding.UTF8.GetString);

    public static Gen<byte[]> Bytes(IReadOnlyList<byte[]> corpus, params IReadOnlyList<byte[]> tokens) =>
        from start in Gen.Elements(corpus.ToArray())
        from count in Gen.Choose(0, 6)
        from mutations in Mutation(corpus, tokens).ListOf(count)
        select mutations.Aggregate(start, (input, mutate) => mutate(input));

    private static Gen<Func<byte[], byte[]>> Mutation(IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> tokens)
    {
        var numbers = from kind in Gen.Choose(0, tokens.Count > 0 ? 6 : 5)
                      from at in Gen.Choose(0, int.MaxValue - 1)
                      from length in Gen.Choose(1, 24)
                      from value in Gen.Choose(0, 255)
                      from other in Gen.Choose(0, corpus.Count - 1)
                      select (kind, at, length, value, other);
        return numbers.Select(Func<byte[], byte[]> (n) => input => n.kind switch
        {
            0 => Splice(input, n.at, 1, [(byte)n.value]),
            1 => Splice(input, n.at, n.length, []),
            2 => Splice(input, n.at, 0, Part(input, n.at, n.length)),
            3 => Splice(input, n.at, 0, [.. Enumerable.Repeat((byte)n.value, n.length * n.length)]),
            4 => input[..At(input, n.at)],
            5 => [.. input.AsSpan(0, At(input, n.at)), .. Part(corpus[n.other], n.at, int.MaxValue)],
            _ => Splice(input, n.at, n.length % 3, tokens[n.value % tokens.Count]),
        });
    }

    private static byte[] Splice(byte[] input, int at, int length, byte[] put)
    {
        var start = At(input, at);
        return [.. input.AsSpan(0, start), .. put, .. input.AsSpan(Math.Min(start + length, input.Length))];
    }

    private static byte[] Part(byte[] input, int at, int length)
    {
        var start = At(input, at);
        return input.AsSpan(start, Math.Min(length, input.Length - start)).ToArray();
    }

    private static int At(byte[] input, int at) => at % (input.Length + 1);
}
