namespace DaprShop.Tests;

public sealed class CSharpTextTests
{
    [Theory]
    [InlineData("a // b\nc", "a     \nc")]
    [InlineData("a /* b\nc */ d", "a     \n     d")]
    [InlineData("f(\"x // y\") z", "f(        ) z")]
    [InlineData("""f("\"x") z""", "f(     ) z")]
    [InlineData("f(@\"a\"\"b\") z", "f(@      ) z")]
    [InlineData("f(@\"a\\\") z", "f(@    ) z")]
    [InlineData("f('\"') g(\"x\")", "f(   ) g(   )")]
    [InlineData("f('\\'') g", "f(    ) g")]
    [InlineData("f(\"\"\"a \"b\" c\"\"\") z", "f(             ) z")]
    [InlineData("f(\"\") z", "f(  ) z")]
    public void Code_CommentsAndLiterals_AreBlanked(string source, string code) =>
        Assert.Equal(code, CSharpText.CodeOf(source));

    [Fact]
    public void CodeAndComments_Comments_Stay() =>
        Assert.Equal("a(   ) // b", CSharpText.CodeAndCommentsOf("a(\"x\") // b"));
}
