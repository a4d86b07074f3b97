using System.Text.Json;
using Sidecar.Expressions;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Resiliency;

namespace DaprShop.Tests.Expressions;

public sealed class ConditionTests
{
    private const string Event = """{"type":"shop.order","source":"a","data":{"n":1,"total":12.5,"vip":true,"note":null,"sub":{"k":"v"},"odd key":"x"}}""";

    [Theory]
    [InlineData("""event.type == "shop.order" """, true)]
    [InlineData("event.type == 'shop.order'", true)]
    [InlineData("""event.type != "shop.order" """, false)]
    [InlineData("""event.type == "shop.order" && event.source == "b" """, false)]
    [InlineData("""event.source == "b" || event.type == "shop.order" """, true)]
    [InlineData("""!(event.source == "b") """, true)]
    [InlineData("event.data.n == 1", true)]
    [InlineData("event.data.n == 1.0", true)]
    [InlineData("event.data.total > 12 && event.data.total <= 12.5", true)]
    [InlineData("event.data.vip", true)]
    [InlineData("event.data.vip == false", false)]
    [InlineData("event.data.note == null", true)]
    [InlineData("""event.data.sub.k >= "u" """, true)]
    [InlineData("""event["data"]["odd key"] == "x" """, true)]
    [InlineData("""event.data.n == "1" """, false)]
    [InlineData("event.data.n > -1", true)]
    [InlineData("""true || event.missing == "x" """, true)]
    [InlineData("""event.missing == "x" || true""", true)]
    [InlineData("""event.missing == "x" && false""", false)]
    [InlineData("""false || true && false""", false)]
    [InlineData(""" "a\"b\u0041\n" == "a\"bA\n" """, true)]
    public void Holds_OverAnEvent_GivesTheTruth(string text, bool expected)
    {
        var condition = Condition.Parse(text, EventCondition.Variables);
        var cloudEvent = JsonDocument.Parse(Event).RootElement;

        var holds = condition.Holds(_ => cloudEvent, out var error);

        Assert.Null(error);
        Assert.Equal(expected, holds);
    }

    [Theory]
    [InlineData("""event.missing == "x" """, "no such key: missing")]
    [InlineData("""event.type.deep == "x" """, "'deep' is asked of something that is no object")]
    [InlineData("event.data.n", "the expression has no boolean value")]
    [InlineData("event.data.n && true", "'&&' and '||' need booleans")]
    [InlineData("""event.data.n < "x" """, "values of these kinds have no order")]
    public void Holds_WithoutAnAnswer_IsAnErrorAndNotAMatch(string text, string expected)
    {
        var condition = Condition.Parse(text, EventCondition.Variables);
        var cloudEvent = JsonDocument.Parse(Event).RootElement;

        var holds = condition.Holds(_ => cloudEvent, out var error);

        Assert.False(holds);
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("""has(event.data.x)""", "the function 'has' at column 1 is not supported")]
    [InlineData("""event.type.startsWith("a")""", "the function 'startsWith' at column 12 is not supported")]
    [InlineData("""event.type in ["a"]""", "'in' at column 12 is not supported here")]
    [InlineData("""event.type == "a" ? true : false""", "'?' at column 19 is not supported here")]
    [InlineData("""event.data.n + 1 == 2""", "'+' at column 14 is not supported here")]
    [InlineData("""evt.type == "a" """, "'evt' at column 1 is not declared; known: event")]
    [InlineData("""event.type == """, "the expression ends too early")]
    [InlineData("""event.type == "a""", "the text that starts at column 15 has no end")]
    [InlineData("""event.type = "a" """, "unexpected character '=' at column 12")]
    [InlineData("""(event.type == "a" """, "')' expected at column 20, not 'the end'")]
    [InlineData(""" "a" """, "the expression is not a condition: it has no boolean value")]
    [InlineData(""" 1 == "a" """, "'==' at column 4 compares values of different types")]
    public void Parse_OfWhatIsNotSupported_NamesIt(string text, string expected)
    {
        var exception = Assert.Throws<ExpressionException>(() => Condition.Parse(text, EventCondition.Variables));

        Assert.Equal(expected, exception.Message);
    }

    [Fact]
    public void Parse_NestedWithoutEnd_IsRefusedRatherThanOverflowingTheStack()
    {
        var text = string.Concat(Enumerable.Repeat("(", 100_000)) + "true";

        var exception = Assert.Throws<ExpressionException>(() => Condition.Parse(text, EventCondition.Variables));

        Assert.Equal("the expression is nested too deeply", exception.Message);
    }

    [Fact]
    public void Parse_OfATripExpression_KnowsTheCounters()
    {
        var condition = Condition.Parse("consecutiveFailures >= 3 && requests < 10", CircuitBreakerPolicy.Counters);

        Assert.True(condition.Holds(name => name == "consecutiveFailures" ? 3.0 : 9.0, out _));
        Assert.False(condition.Holds(name => name == "consecutiveFailures" ? 2.0 : 9.0, out _));
        Assert.Throws<ExpressionException>(() => Condition.Parse("consecutiveFailures", CircuitBreakerPolicy.Counters));
    }
}
